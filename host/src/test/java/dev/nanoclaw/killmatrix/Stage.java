package dev.nanoclaw.killmatrix;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where the processes that the host starts, each a `relay`, come to be told what to do.
final class Stage implements AutoCloseable {

  private final ServerSocket server;
  private final Engine engine;
  private final WhatsApp whatsApp;

  /// One process that the host started.
  static final class Actor {

    private final BufferedReader in;
    private final OutputStream out;
    private final Socket socket;

    private Actor(BufferedReader in, OutputStream out, Socket socket) {
      this.in = in;
      this.out = out;
      this.socket = socket;
    }

    /// The next line; empty when the process is gone.
    Optional<String> line() {
      try {
        return Optional.ofNullable(in.readLine());
      } catch (IOException _) {
        return Optional.empty();
      }
    }

    /// @return false when the process is gone
    boolean say(String line) {
      try {
        synchronized (this) {
          out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
          out.flush();
        }
        return true;
      } catch (IOException _) {
        return false;
      }
    }

    /// Hangs up, which ends the process.
    void hangUp() {
      try {
        socket.close();
      } catch (IOException _) {
        // then it is closed
      }
    }
  }

  /// @param portFile where the processes look for the port
  Stage(Path portFile, Engine engine, WhatsApp whatsApp) throws IOException {
    this.engine = engine;
    this.whatsApp = whatsApp;
    this.server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    Files.writeString(portFile, Integer.toString(server.getLocalPort()));
    Thread.ofPlatform().daemon().name("stage").start(this::accept);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        Thread.ofVirtual().name("actor").start(() -> serve(socket));
      }
    } catch (IOException _) {
      // closed
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      @Nullable String program = in.readLine();
      if (program == null) {
        return;
      }
      List<String> arguments = new ArrayList<>();
      for (int left = Integer.parseInt(in.readLine()); left > 0; left--) {
        arguments.add(in.readLine());
      }
      Actor actor = new Actor(in, socket.getOutputStream(), socket);
      if (program.equals("docker")) {
        engine.serve(arguments, actor);
      } else {
        whatsApp.serve(actor);
      }
    } catch (IOException | NumberFormatException _) {
      // killed in the middle of its first words
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
