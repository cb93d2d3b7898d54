# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the runners of culprit have in common: start a machine, pass on its console, see how it ends.

A runner boots the kernel that a build left in $CULPRIT_ARTEFACTS, runs a workload in it and writes the
console to its standard output, from where `culprit bisect` judges it. Lines of its own begin with
`culprit-run: `; three of them are marks that say how far the run came:

    culprit-run: booted             userspace is there (printed inside the machine)
    culprit-run: workload started   (inside)
    culprit-run: finished           the workload ran to its end (inside)

Exit codes: 0  the machine ran, and the console says what there is to say, a crash or none;
            75 the runner or the machine around the kernel failed (EX_TEMPFAIL): the run says nothing;
            2  wrong use.

Nothing is left behind: the machine dies with the runner (PR_SET_PDEATHSIG), even when that is killed
with SIGKILL, and archives live in memory only.
"""
import argparse
import ctypes
import os
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import time

EX_TEMPFAIL = 75

BOOTED = b'culprit-run: booted'
STARTED = b'culprit-run: workload started'
FINISHED = b'culprit-run: finished'

# A kernel spoke: its banner, or a line with the time since boot. One that dies before it has a console writes all of
# its log at the end, with levels: "<6>[    0.160000] Pid: 1, comm: swapper".
KERNEL_LINE = re.compile(rb'(^|\r|\n)\W*(<\d+>)?\W*(\[ *[0-9]+\.[0-9]{6}\]|Linux version )')
# A second banner in one run: the machine rebooted under us.
KERNEL_BANNER = re.compile(rb'Linux version [0-9]+\.[0-9]+\S* \(')

PR_SET_PDEATHSIG = 1

# A silent machine that waits for the host's processors more than half of so many seconds does not hang: on a host with
# many jobs a machine of low priority was silent for 110 s and called hung after 60.
STARVED_WINDOW = 5


def say(text):
    """One line of ours, on a line of its own."""
    sys.stdout.buffer.write(b'\nculprit-run: ' + text.encode(errors='replace') + b'\n')
    sys.stdout.buffer.flush()


def fail(text):
    """The run says nothing about the kernel: say why, and end with the code for that."""
    say('failed: ' + text)
    sys.exit(EX_TEMPFAIL)


def guarded(main):
    """Run main. What the machine around us refuses, disk, memory or processes, is its failure and not the kernel's.

    Whatever the console goes to may be what is full: then only the exit code tells.
    """
    try:
        main()
    except (OSError, MemoryError, subprocess.SubprocessError) as error:
        try:
            say('failed: %s' % (error or type(error).__name__))
        except OSError:
            pass
        os._exit(EX_TEMPFAIL)


# ---------------------------------------------------------------- initramfs

def elf_machine(path):
    """e_machine of an ELF file, or None where it is none."""
    with open(path, 'rb') as file:
        head = file.read(20)
    if head[:4] != b'\x7fELF' or len(head) < 20:
        return None
    return struct.unpack('<H' if head[5] == 1 else '>H', head[18:20])[0]


def is_static(path):
    """No program interpreter: runs in an empty root. Only 64-bit little-endian ELF is told apart."""
    with open(path, 'rb') as file:
        data = file.read(4096)
    if data[:4] != b'\x7fELF' or data[4] != 2:
        return True
    at, size, count = struct.unpack('<Q', data[32:40])[0], *struct.unpack('<HH', data[54:58])
    kinds = [struct.unpack_from('<I', data, at + i * size)[0] for i in range(count) if at + i * size + 4 <= len(data)]
    return 3 not in kinds   # PT_INTERP


class Cpio:
    """An archive of the form "newc", which the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format)."""

    def __init__(self):
        self.data, self.names = bytearray(), set()

    def _add(self, name, mode, body=b'', rdev=(0, 0)):
        name = name.strip('/')
        if name in self.names:
            return
        self.names.add(name)
        fields = [len(self.names), mode, 0, 0, 1, 0, len(body), 0, 0, *rdev, len(name.encode()) + 1, 0]
        self.data += b'070701' + b''.join(b'%08X' % f for f in fields) + name.encode() + b'\0'
        self.data += b'\0' * (-len(self.data) % 4) + body
        self.data += b'\0' * (-len(self.data) % 4)

    def directory(self, name):
        parent = os.path.dirname(name.strip('/'))
        if parent and parent not in self.names:
            self.directory(parent)
        self._add(name, stat.S_IFDIR | 0o755)

    def file(self, name, body, mode=0o755):
        if os.path.dirname(name.strip('/')):
            self.directory(os.path.dirname(name.strip('/')))
        self._add(name, stat.S_IFREG | mode, body)

    def link(self, name, target):
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor):
        self._add(name, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def tree(self, root, below=''):
        for at, dirs, files in os.walk(root):
            inside = os.path.join(below, os.path.relpath(at, root)) if at != root else below
            for name in sorted(dirs + files):
                path, entry = os.path.join(at, name), os.path.join(inside, name)
                if os.path.islink(path):
                    self.link(entry, os.readlink(path))
                elif os.path.isdir(path):
                    self.directory(entry)
                elif os.path.isfile(path):
                    with open(path, 'rb') as file:
                        self.file(entry, file.read(), os.stat(path).st_mode & 0o777)

    def in_memory(self):
        """A file descriptor of the finished archive; it is in no file system."""
        self._add('TRAILER!!!', 0)
        fd = os.memfd_create('initramfs', 0)
        with os.fdopen(os.dup(fd), 'wb') as out:
            out.write(self.data)
        return fd


INIT = '''#!/bin/busybox sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
/bin/busybox --install -s /bin 2>/dev/null
mount -t proc proc /proc
mount -t sysfs sys /sys 2>/dev/null
mount -t devtmpfs dev /dev 2>/dev/null
mount -t debugfs debug /sys/kernel/debug 2>/dev/null
echo 1 > /proc/sys/kernel/sysrq 2>/dev/null
echo; echo 'culprit-run: booted'
echo 'culprit-run: workload started'
sh -c "$(cat /culprit-workload)"
echo; echo "culprit-run: workload exited with $?"
echo 'culprit-run: finished'
poweroff -f
'''


def find_busybox(given, machine):
    for path in [given] if given else ['/bin/busybox', '/usr/bin/busybox', '/usr/lib/busybox-static/busybox']:
        if os.path.exists(path) and is_static(path) and elf_machine(path) in (machine, None):
            return path
    if given:
        fail('%s is no static busybox for this machine (on Debian: package busybox-static)' % given)
    return None


def put_file(cpio, path, name):
    try:
        with open(path, 'rb') as file:
            cpio.file(name, file.read(), 0o755 if os.access(path, os.X_OK) else 0o644)
    except OSError as error:
        fail('%s cannot be read: %s' % (path, error.strerror))


def build_initramfs(args, machine):
    """From --root, --program and --workload; machine is the ELF number that programs must have."""
    cpio = Cpio()
    for name in ('proc', 'sys', 'dev', 'tmp', 'root', 'bin'):
        cpio.directory(name)
    cpio.device('dev/console', 5, 1)
    cpio.device('dev/null', 1, 3)
    busybox = find_busybox(args.busybox, machine)
    workload = args.workload
    if args.program:
        if not os.path.exists(args.program):
            fail('the program %s does not exist' % args.program)
        if elf_machine(args.program) not in (machine, None):
            fail('the program %s is of another machine than the kernel' % args.program)
        if not is_static(args.program):
            fail('the program %s needs shared libraries: link it with -static, or give --root' % args.program)
        with open(args.program, 'rb') as file:
            body = file.read()
        if not busybox and not args.root:
            cpio.file('init', body)     # it prints the marks itself, or the run never counts as finished
            return cpio.in_memory()
        cpio.file('bin/workload', body)
        workload = workload or '/bin/workload'
    if args.root:
        cpio.tree(args.root)
        if 'init' in cpio.names and not workload:
            return cpio.in_memory()     # a root with an init of its own
    if not busybox:
        fail('no static busybox for this machine: install busybox-static, give --busybox, or a --root with /init')
    if not workload:
        fail('nothing to run: give --workload, --program, or a --root with /init')
    with open(busybox, 'rb') as file:
        cpio.file('bin/busybox', file.read())
    cpio.link('bin/sh', 'busybox')
    for path in args.module or []:
        put_file(cpio, path, 'modules/' + os.path.basename(path))
    for pair in args.put or []:
        path, _, name = pair.rpartition('=')
        put_file(cpio, path, name)
    cpio.names.discard('init')
    cpio.file('culprit-workload', (workload + '\n').encode(), 0o644)
    cpio.file('init', INIT.encode())
    return cpio.in_memory()


# ---------------------------------------------------------------- the machine

def dies_with_parent():
    """A function to be called in a child of ours: it gets SIGKILL once we are gone, however that came.

    The signal is for a death that is still to come: a parent that was killed between fork and prctl sends none.
    """
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def in_child():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(EX_TEMPFAIL)
    return in_child


def threads_of(group):
    """Of each thread of a process group: (seconds that it ran, that it wanted to and could not, whether it wants to now).

    The first and second number of /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats) and the state in
    its stat; nothing where the host's kernel does not count them.
    """
    found = {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.getpgid(int(pid)) != group:
                continue
            for thread in os.listdir('/proc/%s/task' % pid):
                task = '/proc/%s/task/%s/' % (pid, thread)
                with open(task + 'schedstat') as counts, open(task + 'stat') as stat:
                    ran, waited = map(int, counts.read().split()[:2])
                    found[thread] = ran / 1e9, waited / 1e9, stat.read().rpartition(')')[2].split()[0] == 'R'
        except (OSError, IndexError, ValueError):
            continue    # gone meanwhile
    return found


def lacked_processor(before, after, seconds):
    """Whether a thread waited for a processor most of the time between two looks.

    What it waited is counted when it comes to run: one that wanted to at both looks and did not run waited all of it.
    """
    for thread in before.keys() & after.keys():
        ran, waited = (after[thread][i] - before[thread][i] for i in range(2))
        wants = before[thread][2] and after[thread][2]
        if waited > seconds / 2 or (wants and ran + waited < seconds / 2):
            return True
    return False


class Machine:
    """A machine as a child process whose standard output is its console.

    `sysrq(key)`, where given, asks the kernel for a SysRq. Results are in `spoke`, `booted`, `finished`,
    `hung`, `rebooted` and `code`, the exit status of the process (negative: a signal; None: ended by us).
    """

    def __init__(self, argv, env=None, pass_fds=(), sysrq=None):
        self.argv, self.sysrq = argv, sysrq
        self.spoke = self.booted = self.finished = self.hung = self.rebooted = self.timed_out = self.ended = False
        self.code, self.tail, self.banners, self.quiet_since = None, b'', 0, time.monotonic()

        dies = dies_with_parent()

        def own_group():
            dies()
            os.setpgid(0, 0)

        try:
            self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env,
                                            stderr=subprocess.STDOUT, pass_fds=pass_fds, preexec_fn=own_group)
        except OSError as error:
            fail('cannot start %s: %s' % (argv[0], error.strerror))

    def type(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except OSError:
            pass

    def _note(self, data):
        text = self.tail + data
        self.spoke = self.spoke or KERNEL_LINE.search(text) is not None
        self.booted = self.booted or BOOTED in text
        self.finished = self.finished or FINISHED in text
        self.banners += len(KERNEL_BANNER.findall(text)) - len(KERNEL_BANNER.findall(self.tail))
        self.tail = text[-200:]

    def _read(self, seconds):
        """Pass on what comes within so many seconds. None: end of the console; False: silence."""
        ready, _, _ = select.select([self.process.stdout], [], [], max(seconds, 0))
        if not ready:
            return False
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            return None
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        self._note(data)
        self.quiet_since = time.monotonic()
        return True

    def _lacks_processor(self, seconds):
        """Silent because the host lets it wait: looked at for so many seconds more. Also true where it spoke meanwhile."""
        before, began = threads_of(self.process.pid), time.monotonic()
        if self._read(seconds) is not False:
            return True
        return lacked_processor(before, threads_of(self.process.pid), time.monotonic() - began)

    def _ask_where_it_hangs(self):
        """Blocked tasks, then all of them, each to its end: a hang without a report has stacks then."""
        for key in 'wt':
            if self.sysrq:
                self.sysrq(key)
            end = time.monotonic() + 30
            while time.monotonic() < end:
                got = self._read(min(3, end - time.monotonic()))
                if got is None:
                    return
                if got is False:
                    break

    def watch(self, timeout, silence, grace=10, over=None):
        """Until the machine ends, says that it finished (then `grace` seconds to switch off), is silent for
        `silence` seconds, reboots, `timeout` seconds are over, or `over()`, asked now and then, says so."""
        end, finished_at = time.monotonic() + timeout, None
        while True:
            limit = min(silence, end - time.monotonic())
            if finished_at is not None:
                limit = min(limit, finished_at + grace - time.monotonic())
            if limit <= 0:
                if finished_at is None:
                    self.timed_out = True
                    say('the time of %d s is over' % timeout)
                break
            got = self._read(limit if over is None else min(limit, 1))
            if over and over():
                break
            if got is False and over and self.quiet_since + silence > time.monotonic():
                continue
            if got is None:
                self.ended = True
                break
            if got and self.banners > 1:
                self.rebooted = True
                say('the machine rebooted')
                break
            if self.finished and finished_at is None:
                finished_at = time.monotonic()
            if got is False and finished_at is None and time.monotonic() < end:
                if self._lacks_processor(min(silence, STARVED_WINDOW)):
                    continue
                self.hung = True
                say('no output for %d s, asking for the tasks' % silence)
                self._ask_where_it_hangs()
                break
        self.stop()

    def stop(self):
        try:
            # The console is closed a moment before the process is gone.
            self.code = self.process.wait(5 if self.ended else 0)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def exit_code(self, what):
        """The runner's exit code for what was seen, said in words."""
        if not self.spoke and self.code is not None:
            say('failed: %s ended with %s before any kernel spoke' % (what, describe(self.code)))
            return EX_TEMPFAIL
        if self.spoke and not self.booted:
            say('userspace was not reached')
        elif self.booted and not self.finished and not (self.hung or self.timed_out or self.rebooted):
            say('the machine ended before the workload did')
        return 0


def describe(code):
    return 'exit code %d' % code if code >= 0 else signal.Signals(-code).name


def end_with_signal(machine_box, cleanup=None):
    """SIGTERM, SIGINT and SIGHUP end the machine in the box, too. `cleanup` is called before the end."""
    def handler(number, frame):
        if machine_box:
            machine_box[0].stop()
        if cleanup:
            cleanup()
        say('ended by %s' % signal.Signals(number).name)
        os._exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handler)


# ---------------------------------------------------------------- options

def options(name, about, kernel):
    """The options that all runners share. `kernel` is the image's name among the artefacts."""
    parser = argparse.ArgumentParser(
        prog=name, description=about, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='Exit codes: 0 the console says what there is to say, 75 the machine around the kernel failed, '
               '2 wrong use.\nEnvironment: CULPRIT_ARTEFACTS, the directory of what the build left.')
    parser.add_argument('--kernel', metavar='FILE', help='kernel to boot; default: $CULPRIT_ARTEFACTS/' + kernel)
    parser.add_argument('--timeout', type=float, default=300, metavar='S', help='most seconds for a run (default %(default)s)')
    parser.add_argument('--silence', type=float, default=60, metavar='S',
                        help='seconds without output that count as a hang (default %(default)s)')
    parser.add_argument('--append', default='', metavar='WORDS', help='more words for the kernel command line')
    return parser


def guest_options(parser):
    """What is in the initramfs."""
    group = parser.add_argument_group('what runs inside')
    group.add_argument('--workload', metavar='COMMAND', help='shell command that is run inside')
    group.add_argument('--program', metavar='FILE', help='static program, put in as /bin/workload and run')
    group.add_argument('--root', metavar='DIR', help='directory that becomes the root; its /init is used where no workload is given')
    group.add_argument('--module', metavar='FILE', action='append', help='kernel module, put in as /modules/NAME')
    group.add_argument('--put', metavar='FILE=NAME', action='append', help='any file, put in as /NAME')
    group.add_argument('--busybox', metavar='FILE', help='static busybox of the machine\'s kind (Debian: busybox-static)')


def kernel_path(args, name):
    path = args.kernel or os.path.join(os.environ.get('CULPRIT_ARTEFACTS', '.'), name)
    if not os.path.isfile(path):
        fail('there is no kernel %s' % path)
    return os.path.realpath(path)
