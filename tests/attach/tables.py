"""Reads what is expected of programs that hang from the tables that are there already.

Each entry is a Program: how it is started, and what attach must say of it. The members of
tests/suites are their own; the cases are those of the C tables of tests/cases that are
GUILTY, as the compiler's preprocessor leaves them; basics have a manifest in their folder.
programs.ini beside this file has the rest, and says where attach cannot know as much as a
run from the start, or knows it otherwise.
"""
import configparser
import importlib.machinery
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASE_TABLES = ("programs", "locks", "hangs", "regions", "forks", "rings", "in_fork", "python")
C_FLAGS = ["-g", "-O1", "-w", "-pthread"]


def load_script(path):
    """A script without an ending, as a module."""
    loader = importlib.machinery.SourceFileLoader(path.parent.name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


suites = load_script(ROOT / "tests" / "suites" / "run")


class Program:
    """One that hangs: a shell command, its environment, the finding that it must get."""

    def __init__(self, name, command, expected, environment=None):
        self.name = name
        self.command = command
        self.expected = dict(expected)
        self.environment = dict(os.environ if environment is None else environment)
        self.environment.pop("FORKCHECK_OPTIONS", None)
        self.prepare = lambda: None
        self.folder = None  # whose files the working directory shall have
        self.member = None

    def amend(self, changes):
        """What attach says otherwise; an empty value: it cannot say."""
        for key, value in changes.items():
            self.expected.pop(key, None)
            if value:
                self.expected[key] = value


# --- tests/suites

def member_programs(build):
    work = Path(os.environ.get("FORKCHECK_SUITES", build / "suites")).resolve()
    folder = ROOT / "tests" / "suites"
    for path in sorted(folder.glob("*/member.ini")):
        member = suites.Member(path.parent.name, folder, path.parent, work)
        if member.expected is None:
            continue
        program = Program(f"suites/{member.name}", member.facts["command"], member.expected,
                          member.environment)
        program.expected.pop("created", None)  # seen only from the start
        if "preload" in member.facts:
            program.environment["LD_PRELOAD"] = member.facts["preload"]
        program.folder = member.folder
        program.member = member
        program.prepare = lambda member=member: build_member(member)
        yield program


def build_member(member):
    suites.install(suites.missing_packages([member]))
    if not member.folder.exists():
        member.build()


# --- tests/cases

def tokens_of(text):
    for match in re.finditer(r'"(?:\\.|[^"\\])*"|[A-Za-z_]\w*|\d[\w.]*|[{}=,.()-]|\S', text):
        yield match.group()


def unquote(text):
    return bytes(text[1:-1], "utf-8").decode("unicode_escape")


def case_entries(table):
    """Each {...} of the table `cases` as a dictionary of its fields."""
    command = ["cc", "-E", "-P", "-I.", "-Icli", "-DBUILD_DIRECTORY=\"\"",
               "-DSOURCE_DIRECTORY=\"\"", f"tests/cases/{table}.c"]
    text = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    text = text[text.index("struct program_case cases[]"):]
    text = text[text.index("{") + 1:text.index("};")]
    entry, field = {}, None
    tokens = list(tokens_of(text))
    for number, token in enumerate(tokens):
        if token == "{":
            entry, field = {}, None
        elif token == "}":
            yield entry
        elif token == "." and tokens[number + 2] == "=":
            field = tokens[number + 1]
        elif token.startswith('"') and field:
            entry[field] = entry.get(field, "") + unquote(token)
        elif field and token not in (field, "void", "NULL") and re.match(r"\w", token):
            entry.setdefault(field, token)


def functions_in(frames):
    """The functions of "function@MARK function@MARK"."""
    return [frame.partition("@")[0] for frame in frames.split()]


def case_expectation(entry):
    expected = {"code": entry.get("code", "FC001")}
    if entry.get("lock") and entry.get("kind") != "libc lock":
        expected["named"] = entry["lock"]
    if "kind" in entry:
        expected["lock"] = entry["kind"]
    for key in ("waiting_in", "missing", "handler_library"):
        if not re.fullmatch(r"0|", entry.get(key, "")):
            expected["waiting_in" if key == "waiting_in" else "library"] = entry[key]
    if expected["code"] == "FC011":
        return {"code": "FC011"}  # any process of a cycle may be told of first
    if "child" in entry:
        expected["frames"] = " ".join(functions_in(entry["child"]))
    if "python_child" in entry:
        expected["python"] = " ".join(functions_in(entry["python_child"]))
    return expected


def case_programs(build):
    environment = dict(os.environ, LC_ALL="C", CASES=str(build / "cases"),
                       SCRIPTS=str(ROOT / "tests" / "cases" / "programs"),
                       PATH=f"{build / 'cases'}:{os.environ['PATH']}")
    for table in CASE_TABLES:
        for entry in case_entries(table):
            if entry.get("verdict") == "GUILTY":
                yield Program(f"cases/{entry['command']}", entry["command"],
                              case_expectation(entry), environment)


# --- folders of programs that are not in this repository

def compile_into(folder, source):
    output = folder / source.stem
    if output.exists() and output.stat().st_mtime > source.stat().st_mtime:
        return output
    folder.mkdir(parents=True, exist_ok=True)
    compiler = "g++" if source.suffix == ".cpp" else "gcc"
    result = subprocess.run([compiler, *C_FLAGS, "-o", str(output), str(source)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise suites.Failure(f"{source} cannot be built:\n{result.stdout}")
    return output


def basic_programs(basics, build):
    """The programs of basics.manifest that must be an error."""
    folder = build / "attach" / "basics"
    for line in (basics / "basics.manifest").read_text().splitlines():
        if line.startswith("#") or line.count("|") < 4:
            continue
        name, _, want, _, command = (cell.strip() for cell in line.split("|", 4))
        code, *patterns = (part.strip() for part in want.split("~"))
        if ":" in code or code == "clean":
            continue
        expected = {"code": code.replace("/", "|")}
        for pattern in patterns:
            found = re.fullmatch(r'"name": "(.*)"', pattern)
            expected.update({"named": found.group(1)} if found else {})
        program = Program(f"basics/{name}", command.replace("{FC}", str(folder)), expected)
        source = basics / "cases" / (Path(command).name + ".c")
        program.prepare = lambda source=source: compile_into(folder, source)
        yield program


def fault_programs(faults, build, table):
    """Those of programs.ini: a section faults/NAME with its source and arguments."""
    for name in table.sections():
        if not name.startswith("faults/") or "source" not in table[name]:
            continue
        facts = dict(table[name])
        source = faults / facts.pop("source")
        arguments = facts.pop("arguments", "")
        folder = build / "attach" / source.parent.relative_to(faults)
        command = (f"/usr/bin/python3 -B {shlex.quote(str(source))}" if source.suffix == ".py"
                   else shlex.quote(str(folder / source.stem)))
        program = Program(name, f"{command} {arguments}", facts)
        if source.suffix == ".go":
            program.prepare = lambda folder=folder, source=source: build_go(folder, source)
        elif source.suffix != ".py":
            program.prepare = lambda folder=folder, source=source: compile_into(folder, source)
        yield program


def build_go(folder, source):
    folder.mkdir(parents=True, exist_ok=True)
    if not shutil.which("go"):
        raise suites.Failure("go is not here")
    result = subprocess.run(["go", "build", "-o", str(folder / source.stem), str(source)],
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise suites.Failure(f"{source} cannot be built:\n{result.stdout}")


def all_programs(build, faults, basics):
    table = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    table.optionxform = str
    table.read(HERE / "programs.ini")
    programs = [*member_programs(build), *case_programs(build)]
    programs += basic_programs(basics, build) if basics else []
    programs += fault_programs(faults, build, table) if faults else []
    for program in programs:
        if program.name in table and not program.name.startswith("faults/"):
            program.amend(table[program.name])
    return programs
