# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python module: CULPRIT=PROGRAM CULPRIT_LIBRARY=FILE PYTHONPATH=src/python python3 -m unittest tests/python/test_culprit.py"""

import bz2
import ctypes
import gzip
import importlib
import json
import lzma
import os
import pickle
import re
import resource
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import culprit
from culprit import _archive, _library

TOP = Path(__file__).resolve().parents[2]
PROGRAM = os.environ["CULPRIT"]
CASE = TOP / "corpus/kasan/slab-out-of-bounds-read-x86"
TITLE = "KASAN: slab-out-of-bounds Read in kc_oob_read"
# Another, and a third: the same report again in one boot is told once.
SECOND = TOP / "corpus/kasan/arm64d-double-free"
SECOND_TITLE = "KASAN: invalid-free in kc_release"


def log_of(case: Path) -> bytes:
    """Headers, an empty line, the log."""
    return case.read_bytes().split(b"\n\n", 1)[1]


def titles(*args, **kwargs):
    return [report.title for report in culprit.parse(*args, **kwargs)]


def until_damage(log):
    """Titles, and the message of the error behind them."""
    found = []
    try:
        for report in culprit.parse(log):
            found.append(report.title)
    except culprit.Error as error:
        return found, error
    return found, None


class Declarations(unittest.TestCase):
    STRUCTS = {
        "culprit_frame": _library.Frame,
        "culprit_stack": _library.Stack,
        "culprit_report": _library.Report,
        "culprit_parser_options": _library.ParserOptions,
        "culprit_summary": _library.Summary,
    }

    def test_each_member_is_where_the_compiler_has_it(self):
        lines, ours = [], {}
        for struct, kind in self.STRUCTS.items():
            lines.append(f'printf("{struct} %zu\\n", sizeof(struct {struct}));')
            ours[struct] = ctypes.sizeof(kind)
            for name, *_ in kind._fields_:
                member = f"((struct {struct} *)0)->{name}"
                lines.append(f'printf("{struct}.{name} %zu\\n", offsetof(struct {struct}, {name}) * 1000 + sizeof({member}));')
                field = getattr(kind, name)
                ours[f"{struct}.{name}"] = field.offset * 1000 + field.size
        source = "#include <culprit.h>\n#include <stdio.h>\nint main(void) {\n%s\n}\n" % "\n".join(lines)
        with tempfile.TemporaryDirectory() as tmp:
            program = Path(tmp) / "layout"
            subprocess.run(["cc", "-I", TOP / "include", "-x", "c", "-", "-o", program], input=source, text=True, check=True)
            said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        self.assertEqual({key: int(value) for key, value in map(str.split, said.splitlines())}, ours)

    def test_no_member_is_left_out(self):
        header = (TOP / "include/culprit.h").read_text()
        for struct, kind in self.STRUCTS.items():
            body = re.search(r"\nstruct %s \{\n(.*?)\n\};" % struct, header, re.S)[1]
            body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
            body = re.sub(r"struct \{.*?\} executor", "int executor", body, flags=re.S)
            declared = [name for members in body.split(";") for name in re.findall(r"(\w+)\s*(?:,|$)", members.strip())]
            self.assertEqual(declared, [name for name, *_ in kind._fields_], struct)

    def test_the_functions_are_those_of_the_list(self):
        # all but those that judge runs and look up source lines, which the module does not offer yet
        lines = (TOP / "include/libculprit.symbols").read_text().splitlines()
        exported = [line for line in lines if not line.startswith("#")]
        later = [name for name in exported if re.match("culprit_(target|match|verdict|symboliz)", name)]
        self.assertTrue(later)
        self.assertEqual(sorted(_library.FUNCTIONS), sorted(set(exported) - set(later)))

    def test_codes_and_flags_are_those_of_the_header(self):
        header = (TOP / "include/culprit.h").read_text()
        codes = re.search(r"enum culprit_error_code \{(.*?)\};", header, re.S)[1]
        self.assertEqual(re.findall(r"CULPRIT_ERROR_(\w+)", codes), [code.name for code in culprit.ErrorCode])
        self.assertEqual([code.value for code in culprit.ErrorCode], list(range(1, len(culprit.ErrorCode) + 1)))
        for name, value in re.findall(r"#define CULPRIT_(FRAME_\w+)\s+(0x\w+)u", header):
            self.assertEqual(getattr(_library, name), int(value, 16))

    def test_version(self):
        self.assertEqual(subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout.split("\n")[0],
                         "culprit " + culprit.version())

    def test_another_version_is_refused(self):
        with tempfile.TemporaryDirectory() as tmp:
            source = "".join(f"const char *{name}(void) {{ return \"7.1.0\"; }}\n" for name in _library.FUNCTIONS)
            library = Path(tmp) / "libculprit.so.0"
            subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=source, text=True, check=True)
            done = subprocess.run([sys.executable, "-c", "import culprit"], capture_output=True, text=True,
                                  env={**os.environ, "CULPRIT_LIBRARY": str(library)})
            self.assertIn(f"ImportError: {library} is version 7.1.0; this module is for {_library.VERSION}", done.stderr)

    def test_no_library(self):
        done = subprocess.run([sys.executable, "-c", "import culprit"], capture_output=True, text=True,
                              env={**os.environ, "CULPRIT_LIBRARY": "/nowhere/libculprit.so.0"})
        self.assertIn("ImportError: libculprit cannot be used: /nowhere/libculprit.so.0", done.stderr)


class Parse(unittest.TestCase):
    def test_to_dict_is_the_programs_json_of_the_whole_corpus(self):
        said: dict[str, list] = {}
        done = subprocess.run([PROGRAM, "parse", "--format", "json", "corpus"], capture_output=True, text=True, cwd=TOP)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        for line in done.stdout.split("\n")[:-1]:
            report = json.loads(line)
            said.setdefault(report["file"], []).append(report)
        self.assertGreater(len(said), 500)
        old = os.getcwd()
        os.chdir(TOP)
        try:
            for path, reports in said.items():
                found = [report.to_dict() for report in culprit.parse(path) if not report.suppressed]
                self.assertEqual(found, [report for report in reports if not report["suppressed"]], path)
        finally:
            os.chdir(old)

    def test_a_path_bytes_and_a_file_are_the_same(self):
        self.assertEqual(titles(CASE), [TITLE])
        self.assertEqual(titles(str(CASE)), [TITLE])
        self.assertEqual(titles(CASE.read_bytes()), [TITLE])
        with open(CASE, "rb") as file:
            self.assertEqual([(report.title, report.file) for report in culprit.parse(file)], [(TITLE, str(CASE))])

    def test_what_a_report_holds(self):
        (report,) = culprit.parse(log_of(CASE))
        self.assertEqual((report.kind, report.type, report.frame, report.cpu, report.pid, report.task, report.taint),
                         ("crash", "KASAN-READ", "kc_oob_read", 0, 1, "init", ""))
        self.assertIsNone(report.file)
        self.assertIsNone(report.hardware)
        self.assertEqual(report.kernel_version, "6.1.192-kcrash")
        stack = report.stacks[0]
        self.assertEqual((stack.role, stack.header, stack.frames[0].function, stack.frames[0].offset, stack.frames[0].size),
                         ("call-trace", "Call Trace:", "dump_stack_lvl", 0x51, 0x66))
        self.assertIsNone(stack.frames[0].address)
        self.assertEqual([stack.role for stack in report.stacks][:2], ["call-trace", "allocated"])
        self.assertEqual(report.text.splitlines()[report.prefix_lines],
                         "BUG: KASAN: slab-out-of-bounds in kc_oob_read+0x7d/0xa0")

    def test_bytes_that_are_not_utf8(self):
        log = log_of(CASE).replace(b"by task init/1", b"by task in\xff\xc3\xa9\xf0\x9f/1")
        (report,) = culprit.parse(log)
        self.assertIn("by task in\ufffd\u00e9\ufffd\ufffd/1", report.text)
        self.assertIn(b"by task in\xff\xc3\xa9\xf0\x9f/1", report.text_bytes)

    def test_a_report_is_kept_pickled_and_immutable(self):
        reports = list(culprit.parse(log_of(CASE) + log_of(SECOND)))
        self.assertEqual([report.title for report in reports], [TITLE, SECOND_TITLE])
        self.assertEqual(pickle.loads(pickle.dumps(reports)), reports)
        with self.assertRaises(AttributeError):
            reports[0].title = "another"

    def test_a_report_comes_while_the_log_is_open(self):
        reader, writer = os.pipe()
        with open(reader, "rb") as file:
            os.write(writer, log_of(CASE))
            reports = culprit.parse(file)
            self.assertEqual(next(reports).title, TITLE)
            os.close(writer)
            self.assertEqual(list(reports), [])

    def test_text_files_are_refused(self):
        with open(CASE) as file, self.assertRaisesRegex(TypeError, "open for bytes"):
            list(culprit.parse(file))

    def test_no_file(self):
        with self.assertRaises(FileNotFoundError):
            culprit.parse("/nowhere/console.log")

    def test_boot_failures(self):
        log = log_of(TOP / "corpus/boot-failure/arm64-tfa-assert")
        self.assertEqual(titles(log), ["boot failure: the boot stopped in phase firmware"])
        self.assertEqual(titles(log, boot_failures=False), [])

    def test_longest_report(self):
        (report,) = culprit.parse(log_of(CASE), max_report_bytes=1000)
        self.assertTrue(report.truncated)
        self.assertLessEqual(len(report.text_bytes), 1000)
        with self.assertRaises(ValueError):
            culprit.parse(b"", max_report_bytes=-1)

    def test_nothing_is_leaked(self):
        log = log_of(CASE)
        patterns = culprit.Patterns()

        def rounds(n):
            for _ in range(n):
                titles(log, patterns)
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = rounds(50)
        # A report's arena alone has more than 10 kB.
        self.assertLess(rounds(500) - before, 2000)


class Archives(unittest.TestCase):
    PACK = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}

    def test_compressed(self):
        for name, pack in self.PACK.items():
            with self.subTest(name), tempfile.NamedTemporaryFile() as file:
                Path(file.name).write_bytes(pack(log_of(CASE)))
                self.assertEqual(titles(file.name), [TITLE])
                self.assertEqual(titles(pack(b"")), [])

    def test_members_padding_and_plain_text(self):
        log, second, both = log_of(CASE), log_of(SECOND), [TITLE, SECOND_TITLE]
        for name, pack in self.PACK.items():
            with self.subTest(name):
                self.assertEqual(titles(pack(log) + pack(second)), both)
                self.assertEqual(titles(pack(log) + bytes(100) + pack(second)), both)
                self.assertEqual(titles(pack(log) + second), both)
                self.assertEqual(titles(pack(log) + self.PACK["gzip"](b"x\n") + second), both)

    def test_whole_is_pieces(self):
        log = log_of(CASE)[:3000]
        plain_like_xz = b"\xfd7z is no archive\n"
        for data in (*(pack(log) + b"\0\0" + pack(log) + log for pack in self.PACK.values()), log, b"B", plain_like_xz, b""):
            whole = b"".join(_archive.decompress([data]))
            for size in (1, 2, 3, 7, 100):
                pieces = [data[i : i + size] for i in range(0, len(data), size)]
                self.assertEqual(b"".join(_archive.decompress(pieces)), whole)
        self.assertEqual(b"".join(_archive.decompress([plain_like_xz])), plain_like_xz)

    def test_cut_short(self):
        # What was read is told of, and then that it was not all.
        log = log_of(CASE) + os.urandom(20000)
        for name, pack in self.PACK.items():
            with self.subTest(name):
                data = pack(log)
                found, error = until_damage(data[:-10])
                self.assertEqual(error.code, culprit.ErrorCode.FORMAT)
                self.assertEqual(str(error), f"{name}: the archive is cut short")
                self.assertIn(found, ([TITLE], []) if name != "gzip" else ([TITLE],))

    def test_broken(self):
        for name, pack in self.PACK.items():
            with self.subTest(name):
                data = bytearray(pack(os.urandom(100) * 2000))
                middle = len(data) // 2
                data[middle : middle + 8] = bytes(8)
                _, error = until_damage(bytes(data))
                self.assertEqual(error.code, culprit.ErrorCode.FORMAT)
                self.assertTrue(str(error).startswith(name))

    def test_bombs_are_read_in_pieces(self):
        for name, pack in self.PACK.items():
            with self.subTest(name):
                largest = max(map(len, _archive.decompress([pack(bytes(1 << 24))])))
                self.assertLessEqual(largest, _archive.PIECE)

    def test_zstd(self):
        packed = subprocess.run(["zstd", "-c"], input=log_of(CASE), capture_output=True, check=True).stdout
        found, error = until_damage(packed)
        if any(importlib.util.find_spec(name) for name in ("zstandard", "compression")):
            self.assertEqual((found, error), ([TITLE], None))
            self.assertEqual(until_damage(packed[:-10])[1].code, culprit.ErrorCode.FORMAT)
        else:
            self.assertIn("python3-zstandard", str(error))


class Sets(unittest.TestCase):
    def test_a_mistake_has_its_place(self):
        with tempfile.TemporaryDirectory() as tmp:
            (Path(tmp) / "own.yaml").write_text("patterns:\n  - nmae: x\n")
            with self.assertRaises(culprit.Error) as caught:
                culprit.parse(b"", [tmp])
            self.assertEqual(caught.exception.code, culprit.ErrorCode.SYNTAX)
            self.assertTrue(str(caught.exception).startswith(f"{tmp}/own.yaml:2:"), str(caught.exception))
            self.assertEqual(pickle.loads(pickle.dumps(caught.exception)).code, culprit.ErrorCode.SYNTAX)

    def test_one_set_for_several_threads(self):
        patterns = culprit.Patterns()
        found = []

        def run():
            for _ in range(5):
                found.extend(titles(log_of(CASE), patterns))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [TITLE] * 20)

    def test_a_set_lives_as_long_as_its_parsers(self):
        parser = culprit.Parser(culprit.Patterns())
        parser.feed(log_of(CASE))
        parser.finish()
        self.assertEqual([report.title for report in parser.reports()], [TITLE])


class ParserLife(unittest.TestCase):
    def test_feed_flush_finish_and_summary(self):
        parser = culprit.Parser(file_name="a console")
        log = log_of(CASE)
        parser.feed(log[: log.index(b"Memory state around")])
        self.assertIsNone(parser.take())
        parser.flush()
        report = parser.take()
        self.assertEqual((report.title, report.file), (TITLE, "a console"))
        parser.feed(memoryview(log[log.index(b"Memory state around") :]))
        parser.finish()
        self.assertIsNone(parser.take())
        summary = parser.summary
        self.assertEqual((summary.n_reports, summary.n_boots, summary.n_bytes, summary.kernel_version, summary.panicked),
                         (1, 1, len(log), "6.1.192-kcrash", False))

    def test_behind_the_end(self):
        parser = culprit.Parser()
        parser.finish()
        for call in (lambda: parser.feed(b"x"), parser.flush, parser.finish):
            with self.assertRaisesRegex(ValueError, "the log has ended"):
                call()
        self.assertIsNone(parser.take())


if __name__ == "__main__":
    unittest.main()
