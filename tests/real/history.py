#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""history.py SOURCE REPOSITORY: a kernel tree becomes a git repository with a history to bisect.
history.py --crashes REPOSITORY: its branch `crashes` anew.

SOURCE is an unpacked linux-source (6.1). A driver, drivers/misc/rbuf.c, grows over 26 commits; one of them brings a
use-after-free that `cat /proc/rbuf`'s commands reach from init. Branches and tags:

    steady          every run at a bad commit shows it; flaky: one in three
    small           six commits only, for slow builds
    BRANCH-good     the first commit with the driver; BRANCH-culprit: the answer (for the test that judges)
    crashes         another driver, crashes.c, with a crash of many kinds for the asking

On the way: a merge, a commit that does not build, three that do not boot, one that changes only documentation, one
that changes only another architecture, and, from early on, a warning of its own in one of four runs.
"""
import os
import re
import subprocess
import sys

# What a build for um or x86 never reads, but for Kconfig and Makefiles: half of the tree.
UNUSED = re.compile(
    r'^(Documentation|sound|samples|LICENSES|virt/kvm|tools/(perf|testing|bpf|power|usb|virtio|accounting|thermal|hv|iio|gpio))/'
    r'|^drivers/(gpu|net|infiniband|media|staging|scsi|usb|iio|hwmon|hid|input|mtd|ata|bluetooth|isdn|mmc|nvme|power|'
    r'regulator|rtc|target|thunderbolt|video|watchdog|wireless|crypto|clk|pinctrl|soc|phy|platform|edac|i2c|spi|md|mfd|leds)/'
    r'|^arch/(?!x86|um|arm64/kernel/setup\.c)')
ALWAYS = re.compile(r'(^|/)(Kconfig[^/]*|Makefile[^/]*|Kbuild[^/]*)$|^arch/[^/]+/Kconfig')

DRIVER = r'''// SPDX-License-Identifier: GPL-2.0
/* rbuf: a buffer that processes fill and sum up, by commands written to /proc/rbuf. */
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

struct rbuf {
	size_t len, size;
	unsigned int writers;
	char *data;
};

static DEFINE_MUTEX(rbuf_lock);
static struct rbuf *the_rbuf;
static unsigned long rbuf_total;

static noinline int rbuf_open(void)
{
	if (!the_rbuf) {
		the_rbuf = kzalloc(sizeof(*the_rbuf), GFP_KERNEL);
		if (!the_rbuf)
			return -ENOMEM;
		the_rbuf->size = 256;
		the_rbuf->data = kzalloc(the_rbuf->size, GFP_KERNEL);
	}
	the_rbuf->writers++;
	return 0;
}

static noinline int rbuf_put(const char *text)
{
	size_t len = strlen(text);

	if (!the_rbuf || the_rbuf->len + len > the_rbuf->size)
		return -ENOSPC;
	memcpy(the_rbuf->data + the_rbuf->len, text, len);
	the_rbuf->len += len;
	return 0;
}

static noinline unsigned long rbuf_sum(void)
{
	unsigned long sum = 0;
	size_t i;

	for (i = 0; the_rbuf && i < the_rbuf->len; i++)
		sum += the_rbuf->data[i];
	return sum;
}

static noinline void rbuf_close(void)
{
	if (!the_rbuf || !the_rbuf->writers)
		return;
	the_rbuf->writers--;
}

static ssize_t rbuf_write(struct file *file, const char __user *user, size_t n, loff_t *at)
{
	char command[64];
	int err = 0;

	if (n >= sizeof(command) || copy_from_user(command, user, n))
		return -EFAULT;
	command[n] = '\0';
	mutex_lock(&rbuf_lock);
	if (!strncmp(command, "open", 4))
		err = rbuf_open();
	else if (!strncmp(command, "put ", 4))
		err = rbuf_put(command + 4);
	else if (!strncmp(command, "sum", 3))
		rbuf_total = rbuf_sum();
	else if (!strncmp(command, "close", 5))
		rbuf_close();
	else
		err = -EINVAL;
	mutex_unlock(&rbuf_lock);
	return err ? err : n;
}

static int rbuf_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", rbuf_total);
	return 0;
}

static int rbuf_proc_open(struct inode *inode, struct file *file)
{
	return single_open(file, rbuf_show, NULL);
}

static const struct proc_ops rbuf_ops = {
	.proc_open = rbuf_proc_open,
	.proc_read = seq_read,
	.proc_write = rbuf_write,
	.proc_release = single_release,
};

static int __init rbuf_init(void)
{
	proc_create("rbuf", 0600, NULL, &rbuf_ops);
	return 0;
}
device_initcall(rbuf_init);
'''

KCONFIG = '''config RBUF
	bool "Shared buffer in /proc/rbuf"
	help
	  A buffer that processes fill and sum up.

'''


class Repository:
    def __init__(self, path):
        self.path, self.time = path, 1700000000

    def git(self, *words, text=None):
        env = dict(os.environ, GIT_AUTHOR_NAME='Ada', GIT_AUTHOR_EMAIL='ada@example.org', GIT_COMMITTER_NAME='Ada',
                   GIT_COMMITTER_EMAIL='ada@example.org', GIT_AUTHOR_DATE='%d +0000' % self.time,
                   GIT_COMMITTER_DATE='%d +0000' % self.time, GIT_CONFIG_GLOBAL='/dev/null', GIT_CONFIG_SYSTEM='/dev/null')
        return subprocess.run(['git', '-C', self.path, *words], env=env, check=True, input=text, text=True,
                              stdout=subprocess.PIPE).stdout.strip()

    def read(self, name):
        with open(os.path.join(self.path, name)) as file:
            return file.read()

    def write(self, name, text):
        os.makedirs(os.path.dirname(os.path.join(self.path, name)), exist_ok=True)
        with open(os.path.join(self.path, name), 'w') as file:
            file.write(text)

    def edit(self, name, old, new):
        """Replace a text that must be there once."""
        text = self.read(name)
        assert text.count(old) == 1, '%s: %d times: %s' % (name, text.count(old), old)
        self.write(name, text.replace(old, new))

    def commit(self, subject, *edits, body=''):
        """Edits are (file, old, new), or (file, text) for a new file."""
        self.time += 3600
        for e in edits:
            if len(e) == 2:
                self.write(*e)
            else:
                self.edit(*e)
            self.git('add', '-f', e[0])
        self.git('commit', '-q', '-m', subject + ('\n\n' + body if body else '') + '\n\nSigned-off-by: Ada <ada@example.org>')


RBUF = 'drivers/misc/rbuf.c'
CLOSE = '\tthe_rbuf->writers--;\n'
FREE = CLOSE + '\tif (!the_rbuf->writers)\n\t\tkfree(the_rbuf->data);\n'
FREE_FLAKY = CLOSE + '\tif (!the_rbuf->writers && !(get_random_u32() % 3))\n\t\tkfree(the_rbuf->data);\n'
NOISE = ('static int __init rbuf_init(void)\n{\n',
         'static noinline void rbuf_check_size(void)\n{\n\tWARN_ON_ONCE(!(get_random_u32() % 4));\n}\n\n'
         'static int __init rbuf_init(void)\n{\n\trbuf_check_size();\n')
INIT = '\trbuf_check_size();\n'


def add_driver(repo):
    repo.commit('misc: rbuf: a buffer that processes share', (RBUF, DRIVER),
                ('drivers/misc/Kconfig', 'menu "Misc devices"\n', 'menu "Misc devices"\n\n' + KCONFIG),
                ('drivers/misc/Makefile', 'obj-$(CONFIG_DUMMY_IRQ)', 'obj-$(CONFIG_RBUF)\t\t+= rbuf.o\nobj-$(CONFIG_DUMMY_IRQ)'))
    repo.commit('misc: rbuf: check the size when it begins', (RBUF, *NOISE))


def release(repo, flaky):
    """The commit that is hunted: the data goes with the last writer, but the buffer still points to it."""
    repo.commit('misc: rbuf: free the data with the last writer', (RBUF, CLOSE, FREE_FLAKY if flaky else FREE),
                body='Nobody needs what was written once all writers are gone.')


def long_history(repo, branch, flaky):
    """26 commits above the base."""
    repo.git('checkout', '-q', '-b', branch, 'base')
    add_driver(repo)                                                                                           # 1, 2
    repo.git('tag', '-f', branch + '-good')
    doc = 'Documentation/misc-devices/rbuf.rst'
    repo.commit('Documentation: rbuf: say what it is for', (doc, 'rbuf\n====\n\nA buffer in /proc/rbuf.\n'))  # 3
    repo.commit('misc: rbuf: count what was put in', (RBUF, 'static unsigned long rbuf_total;\n', 'static unsigned long rbuf_total, rbuf_puts;\n'),
                (RBUF, '\tthe_rbuf->len += len;\n', '\tthe_rbuf->len += len;\n\trbuf_puts++;\n'))               # 4
    repo.commit('misc: rbuf: show the count', (RBUF, 'seq_printf(m, "%lu\\n", rbuf_total)', 'seq_printf(m, "%lu %lu\\n", rbuf_total, rbuf_puts)'))  # 5
    # A side branch, merged.
    fork = repo.git('rev-parse', 'HEAD')
    repo.git('checkout', '-q', '-b', branch + '-side')
    repo.commit('misc: rbuf: larger buffers', (RBUF, 'the_rbuf->size = 256;', 'the_rbuf->size = 512;'))         # 6
    repo.commit('misc: rbuf: longer commands', (RBUF, 'char command[64];', 'char command[128];'))               # 7
    repo.git('checkout', '-q', branch)
    assert repo.git('rev-parse', 'HEAD') == fork
    repo.commit('arm64: setup: say more in a comment', ('arch/arm64/kernel/setup.c', '#include <linux/acpi.h>\n', '/* Tables come first. */\n#include <linux/acpi.h>\n'))  # 8
    repo.time += 3600
    repo.git('merge', '-q', '--no-ff', '-m', "Merge branch 'rbuf-sizes'", branch + '-side')                     # 9
    repo.commit('init: a word more about the boot', ('init/version.c', '#include <linux/build-salt.h>\n', '/* What /proc/version tells. */\n#include <linux/build-salt.h>\n'))  # 10
    repo.commit('misc: rbuf: reset', (RBUF, 'static noinline void rbuf_close(void)\n', 'static noinline void rbuf_reset(void)\n{\n\tif (the_rbuf)\n\t\tthe_rbuf->len = 0\n}\n\nstatic noinline void rbuf_close(void)\n'))  # 11: does not build
    repo.commit('misc: rbuf: reset: a semicolon', (RBUF, 'the_rbuf->len = 0\n', 'the_rbuf->len = 0;\n'))        # 12
    repo.commit('misc: rbuf: a command for reset', (RBUF, '\telse\n\t\terr = -EINVAL;\n', '\telse if (!strncmp(command, "reset", 5))\n\t\trbuf_reset();\n\telse\n\t\terr = -EINVAL;\n'))  # 13
    repo.commit('misc: rbuf: a table of defaults', (RBUF, INIT, INIT + '\tif (*rbuf_default)\n\t\tpr_info("rbuf: %s\\n", rbuf_default);\n'),
                (RBUF, 'static DEFINE_MUTEX(rbuf_lock);\n', 'static const char *rbuf_default;\nstatic DEFINE_MUTEX(rbuf_lock);\n'))  # 14: no boot
    repo.commit('Documentation: rbuf: defaults', (doc, 'A buffer in /proc/rbuf.\n', 'A buffer in /proc/rbuf, with defaults.\n'))  # 15: no boot
    repo.commit('misc: rbuf: a name for its lock', (RBUF, 'static DEFINE_MUTEX(rbuf_lock);\n', '/* Guards the_rbuf. */\nstatic DEFINE_MUTEX(rbuf_lock);\n'))  # 16: no boot
    repo.commit('misc: rbuf: the default may be missing', (RBUF, 'if (*rbuf_default)', 'if (rbuf_default)'))    # 17
    repo.commit('misc: rbuf: show the length', (RBUF, '"%lu %lu\\n", rbuf_total, rbuf_puts', '"%lu %lu %zu\\n", rbuf_total, rbuf_puts, the_rbuf ? the_rbuf->len : 0'))  # 18
    repo.commit('misc: rbuf: forget the total on reset', (RBUF, 'the_rbuf->len = 0;\n', 'the_rbuf->len = 0;\n\trbuf_total = 0;\n'))  # 19
    release(repo, flaky)                                                                                        # 20: the culprit
    repo.git('tag', '-f', branch + '-culprit')
    repo.commit('misc: rbuf: say when it is there', (RBUF, '\tproc_create(', '\tpr_info("rbuf: ready\\n");\n\tproc_create('))  # 21
    repo.commit('Documentation: rbuf: reset', (doc, 'with defaults.\n', 'with defaults.\n\nThe command reset empties it.\n'))  # 22
    repo.commit('misc: rbuf: still larger buffers', (RBUF, 'the_rbuf->size = 512;', 'the_rbuf->size = 1024;'))  # 23
    repo.commit('arm64: setup: and one more', ('arch/arm64/kernel/setup.c', '/* Tables come first. */\n', '/* Tables come first, then memory. */\n'))  # 24
    repo.commit('misc: rbuf: refuse empty text', (RBUF, '\tif (!the_rbuf || the_rbuf->len + len', '\tif (!len || !the_rbuf || the_rbuf->len + len'))  # 25
    repo.commit('misc: rbuf: show the writers', (RBUF, '"%lu %lu %zu\\n", rbuf_total', '"%lu %lu %zu %u\\n", rbuf_total'),
                (RBUF, 'the_rbuf ? the_rbuf->len : 0', 'the_rbuf ? the_rbuf->len : 0, the_rbuf ? the_rbuf->writers : 0'))  # 26
    repo.git('tag', '-f', branch + '-bad')


def short_history(repo):
    """Six commits above the base."""
    repo.git('checkout', '-q', '-b', 'small', 'base')
    add_driver(repo)
    repo.git('tag', '-f', 'small-good')
    repo.commit('misc: rbuf: larger buffers', (RBUF, 'the_rbuf->size = 256;', 'the_rbuf->size = 512;'))
    release(repo, False)
    repo.git('tag', '-f', 'small-culprit')
    repo.commit('misc: rbuf: longer commands', (RBUF, 'char command[64];', 'char command[128];'))
    repo.commit('misc: rbuf: still larger buffers', (RBUF, 'the_rbuf->size = 512;', 'the_rbuf->size = 1024;'))
    repo.git('tag', '-f', 'small-bad')


def crashes(repo):
    """A commit above the base: crashes.c of this directory as a driver."""
    repo.git('checkout', '-q', '-B', 'crashes', 'base')
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'crashes.c')) as file:
        driver = file.read()
    repo.commit('misc: crashes of many kinds', ('drivers/misc/crashes.c', driver),
                ('drivers/misc/Kconfig', 'menu "Misc devices"\n', 'menu "Misc devices"\n\nconfig CRASHES\n\tbool "Crashes for the asking"\n\n'),
                ('drivers/misc/Makefile', 'obj-$(CONFIG_DUMMY_IRQ)', 'UBSAN_SANITIZE_crashes.o\t:= y\nobj-$(CONFIG_CRASHES)\t\t+= crashes.o\nobj-$(CONFIG_DUMMY_IRQ)'))


def import_tree(source, repo):
    """The base: what of the source a build of um or x86 reads, as one commit."""
    listing = subprocess.run(['find', '.', '-type', 'f', '-o', '-type', 'l'], cwd=source, check=True, text=True,
                             stdout=subprocess.PIPE).stdout.split('\n')
    names = [n[2:] for n in listing if n and (ALWAYS.search(n[2:]) or not UNUSED.search(n[2:]))]
    repo.git('init', '-q', '-b', 'base')
    tar = subprocess.Popen(['tar', 'c', '-T', '-'], cwd=source, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    untar = subprocess.Popen(['tar', 'x', '-C', repo.path], stdin=tar.stdout)
    tar.stdin.write('\n'.join(names).encode())
    tar.stdin.close()
    if tar.wait() or untar.wait():
        sys.exit('history: the source cannot be copied')
    # Debian's own .gitignore leaves everything out.
    if os.path.exists(os.path.join(repo.path, '.gitignore')):
        os.remove(os.path.join(repo.path, '.gitignore'))
    repo.git('config', 'core.compression', '1')
    repo.git('config', 'gc.auto', '0')
    repo.git('add', '-f', '-A')
    repo.git('commit', '-q', '-m', 'Linux 6.1, what um and x86 need of it')


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, path = sys.argv[1:]
    if source == '--crashes':
        repo = Repository(path)
        crashes(repo)
        repo.git('checkout', '-q', 'steady')
        return
    os.makedirs(path)
    repo = Repository(path)
    import_tree(source, repo)
    long_history(repo, 'steady', False)
    long_history(repo, 'flaky', True)
    short_history(repo)
    crashes(repo)
    repo.git('checkout', '-q', 'steady')


if __name__ == '__main__':
    main()
