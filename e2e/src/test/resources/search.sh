#!/bin/sh
# Run by the agent itself, as its user, in its container. Prints what of the runner and of PID 1 it can get at, and
# everything that looks like an API key wherever it can read: files, arguments, environments, memory.
pattern='sk-ant-api03-[A-Za-z0-9]{16,}'
runner=$(for p in /proc/[0-9]*; do
  tr '\0' ' ' <"$p/cmdline" 2>/dev/null | grep -q dev.nanoclaw.agent.Main && basename "$p"
done | head -n 1)
echo "runner=$runner"
[ -n "$runner" ] && echo "uid=$(id -u)"
try() { # try NAME COMMAND...
  name=$1
  shift
  if "$@" >/dev/null 2>&1; then echo "open: $name"; else echo "refused: $name"; fi
}
for pid in "$runner" 1; do
  try "$pid environ" cat "/proc/$pid/environ"
  try "$pid maps" head -c 1 "/proc/$pid/maps"
  try "$pid mem" sh -c "head -c 1 /proc/$pid/mem"
  try "$pid fd" ls "/proc/$pid/fd/"
  try "$pid fd/1" sh -c ": >>/proc/$pid/fd/1"
done
# The same questions about a process of our own, so that "refused" means something.
sleep 60 &
try "own environ" cat "/proc/$!/environ"
try "own maps" head -c 1 "/proc/$!/maps"
try "own fd" ls "/proc/$!/fd/"
python3 - "$runner" "$!" <<'PY'
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
for name, pid in (("runner", sys.argv[1]), ("own", sys.argv[2])):
    print(("open: " if libc.ptrace(16, int(pid), 0, 0) == 0 else "refused: ") + name + " ptrace")
PY
kill -QUIT "$runner" # asks a JVM to open its attach socket
touch "/workspace/group/.attach_pid$runner" "/tmp/.attach_pid$runner" 2>/dev/null
kill -QUIT "$runner"
sleep 0.5
if ls /tmp/.java_pid"$runner" >/dev/null 2>&1; then echo "open: attach"; else echo "refused: attach"; fi
rm -f "/workspace/group/.attach_pid$runner" "/tmp/.attach_pid$runner"
{
  grep -rIhsoE "$pattern" /workspace /home /tmp /etc /run /var /opt /root 2>/dev/null
  for p in /proc/[0-9]*; do
    cat "$p/environ" "$p/cmdline" 2>/dev/null | tr '\0' '\n' | grep -aoE "$pattern"
  done
  find / -xdev -type f -newer /proc/1 -readable 2>/dev/null | xargs -r grep -hsaoE "$pattern"
} | sort -u | sed 's/^/found: /'
echo "search done"
