"""One sample and more for each family of dangerous names.

An exact allowlist makes them one class. They are here for the list of threats, which
grades and explains: each row should come back with a sentence for the reader.
"""

from attacks.sample import PYTHON_TOUCH, TOUCH, Group

_ABSENT = "picklebox-absent"

_FAMILIES = {
    "process": [
        ("os-popen", "os", "popen", (TOUCH,), "A shell with a pipe."),
        ("os-execv", "os", "execv", ("/bin/true", ["true"]), "The process becomes another one."),
        ("os-spawnlp", "os", "spawnlp", (0, "true", "true"), "fork and exec in one."),
        ("os-posix-spawn", "os", "posix_spawn", ("/bin/true", ["true"], {}), "posix_spawn, without a shell."),
        ("os-kill", "os", "kill", (0, 0), "Signal 0 to the own group; other numbers end it."),
        ("subprocess-run", "subprocess", "run", (["touch", "picklebox-marker"],), "subprocess.run."),
        ("subprocess-check-output", "subprocess", "check_output", (["true"],), "subprocess.check_output."),
        ("subprocess-getoutput", "subprocess", "getoutput", (TOUCH,), "subprocess.getoutput, with a shell."),
        ("pty-spawn", "pty", "spawn", (["true"],), "A process on a terminal of its own."),
        ("asyncio-subprocess", "asyncio.unix_events", "_UnixSubprocessTransport._start", (), "The transport that starts processes for asyncio."),
        ("multiprocessing-spawn", "multiprocessing.util", "spawnv_passfds", (b"/bin/true", ["true"], ()), "What multiprocessing starts its children with."),
        ("distutils-spawn", "distutils.spawn", "spawn", (["true"],), "distutils starts compilers with it."),
        ("uuid-command", "uuid", "_get_command_stdout", ("true",), "uuid looks for network cards by commands."),
        ("find-library", "ctypes.util", "find_library", ("picklebox",), "Runs ldconfig and a compiler."),
        ("imaplib-stream", "imaplib", "IMAP4_stream", ("true",), "A mail server that is a command."),
        ("pipes-template", "pipes", "Template.open", (None, _ABSENT, "r"), "A pipeline of shell commands."),
        ("webbrowser-get", "webbrowser", "get", ("true %s",), "A browser that is a command."),
    ],
    "exec": [
        ("exec", "builtins", "exec", (PYTHON_TOUCH,), "Source text runs."),
        ("eval", "builtins", "eval", ("1 + 1",), "An expression runs."),
        ("compile", "builtins", "compile", ("1", "x", "eval"), "A code object for later."),
        ("code-interpreter", "code", "InteractiveInterpreter.runsource", (None, "1"), "The interactive interpreter."),
        ("timeit", "timeit", "timeit", (PYTHON_TOUCH, "pass", None, 1), "A statement runs, timed."),
        ("cprofile-runctx", "cProfile", "runctx", ("1", {}, {}), "A statement runs, profiled."),
        ("profile-run", "profile", "run", ("1",), "A statement runs, profiled in Python."),
        ("trace-run", "trace", "Trace.run", (None, "1"), "A statement runs, traced."),
        ("pdb-runeval", "pdb", "runeval", ("1",), "An expression runs in the debugger."),
        ("bdb-run", "bdb", "Bdb.run", (None, "1"), "The same, a class below."),
        ("doctest", "doctest", "testfile", (_ABSENT,), "Examples of a text file run."),
        ("runpy", "runpy", "run_path", (_ABSENT,), "A file runs as a program."),
        ("idlelib", "idlelib.run", "Executive.runcode", (None, "1"), "IDLE's executor."),
        ("lib2to3-literals", "lib2to3.pgen2.literals", "evalString", ("'x'",), "A literal goes through eval."),
        ("numpy-runstring", "numpy.testing._private.utils", "runstring", (PYTHON_TOUCH, {}), "exec under a test helper's name."),
        ("numpy-f2py", "numpy.f2py.crackfortran", "getlincoef", ("1", {}), "eval in the Fortran reader."),
        ("torch-bottleneck", "torch.utils.bottleneck.__main__", "run_cprofile", ("1", {}), "exec under a profiler."),
        ("torch-collect-env", "torch.utils.collect_env", "run", (TOUCH,), "A shell in the bug report script."),
        ("torch-config", "torch.utils._config_module", "ConfigModule.load_config", (None, b"."), "A configuration that is a pickle."),
        ("dataclasses", "dataclasses", "_create_fn", ("f", [], ["pass"]), "A function from source text."),
        ("typing-forward-ref", "typing", "_eval_type", ("1", {}, {}), "Annotations as strings are evaluated."),
        ("pandas-eval", "pandas", "eval", ("1 + 1",), "pandas' own expression language reaches attributes."),
        ("namedtuple", "collections", "namedtuple", ("Point", "x y"), "A class from a template that is evaluated."),
    ],
    "import": [
        ("dunder-import", "builtins", "__import__", ("os",), "The import statement as a function."),
        ("import-module", "importlib", "import_module", ("os",), "importlib's spelling of it."),
        ("source-loader", "importlib.machinery", "SourceFileLoader", ("x", _ABSENT), "A module from any file."),
        ("resolve-name", "pkgutil", "resolve_name", ("os:system",), "Any object by a string."),
        ("pydoc-locate", "pydoc", "locate", ("os.system",), "Any object by a dotted string."),
        ("imp-load-source", "imp", "load_source", ("x", _ABSENT), "A module from any file, the old way."),
        ("zipimport", "zipimport", "zipimporter", (_ABSENT,), "Modules from an archive."),
        ("site-addsitedir", "site", "addsitedir", (_ABSENT,), "Lines of .pth files run."),
        ("pip-main", "pip", "main", (["--version"],), "Installs packages, which run their setup."),
        ("ensurepip", "ensurepip", "version", (), "The bootstrap of the same."),
        ("entry-point", "importlib.metadata", "EntryPoint.load", (None,), "Any object by an entry point."),
        ("encodings-search", "encodings", "search_function", ("ascii",), "Imports a module named by its argument."),
    ],
    "file": [
        ("open", "builtins", "open", ("picklebox-marker", "w"), "A file is emptied by being opened."),
        ("file-io", "io", "FileIO", ("picklebox-marker", "w"), "The same, unbuffered."),
        ("path-write", "pathlib", "Path.write_text", (None, "x"), "A method of a path."),
        ("rmtree", "shutil", "rmtree", (_ABSENT, True), "A tree is removed; this one does not exist."),
        ("remove", "os", "remove", (_ABSENT,), "A file is removed; this one does not exist."),
        ("linecache", "linecache", "getlines", (_ABSENT,), "Reads a file into an exception or a report."),
        ("log-handler", "logging", "FileHandler", ("picklebox-marker",), "A log file is made."),
        ("temporary-file-closer", "tempfile", "_TemporaryFileCloser", (None, _ABSENT), "Deletes a named file when it dies."),
        ("distutils-write", "distutils.file_util", "write_file", ("picklebox-marker", ["x"]), "Writes lines."),
        ("numpy-savetxt", "numpy", "savetxt", ("picklebox-marker", [1]), "Writes an array."),
        ("numpy-tofile", "numpy", "fromfile", (_ABSENT,), "Reads any file as an array."),
        ("pandas-read-csv", "pandas", "read_csv", (_ABSENT,), "Reads a file, or fetches an address."),
        ("fileinput", "fileinput", "input", (_ABSENT,), "Reads, and can rewrite in place."),
    ],
    "network": [
        ("socket", "socket", "create_connection", (("localhost", 9),), "A connection to the discard port of this machine."),
        ("urlopen", "urllib.request", "urlopen", ("file:///dev/null",), "Fetches an address."),
        ("http-client", "http.client", "HTTPSConnection", ("localhost",), "A connection for later."),
        ("ftplib", "ftplib", "FTP", (), "The file transfer protocol."),
        ("smtplib", "smtplib", "SMTP", (), "Mail."),
        ("ssl-certificate", "ssl", "get_server_certificate", (("localhost", 9),), "Connects to ask for a certificate."),
        ("webbrowser-open", "webbrowser", "open", ("about:blank",), "Opens a browser."),
        ("requests-get", "requests", "get", ("http://localhost:9",), "Fetches an address."),
        ("getaddrinfo", "socket", "getaddrinfo", ("localhost", 9), "A name lookup tells who loads the file."),
    ],
    "native": [
        ("ctypes-cdll", "ctypes", "CDLL", ("picklebox-absent.so",), "A library's constructor runs."),
        ("ctypes-string-at", "ctypes", "string_at", (0, 0), "Reads memory by address."),
        ("ctypes-pythonapi", "ctypes", "PyDLL", (None,), "The interpreter's own functions."),
        ("cffi", "cffi", "FFI.dlopen", (None, "picklebox-absent.so"), "A library, by cffi."),
        ("numpy-ctypeslib", "numpy.ctypeslib", "load_library", ("picklebox-absent", "."), "A library, by NumPy."),
        ("mmap", "mmap", "mmap", (-1, 4096), "Memory that others may see."),
        ("torch-load-library", "torch._ops", "_Ops.load_library", (None, "picklebox-absent.so"), "A library of operators."),
    ],
    "interpreter": [
        ("settrace", "sys", "settrace", (None,), "A function that sees every call."),
        ("atexit", "atexit", "register", (1,), "Runs when the process ends."),
        ("signal", "signal", "signal", (10, 0), "Runs when a signal comes."),
        ("gc-objects", "gc", "get_objects", (), "Every object of the process."),
        ("get-referrers", "gc", "get_referrers", (1,), "Who holds what."),
        ("faulthandler", "faulthandler", "_sigsegv", (), "Ends the process by a crash."),
        ("interpreters", "_xxsubinterpreters", "run_string", (0, "1"), "Source text in another interpreter."),
        ("logging-config", "logging.config", "dictConfig", ({"version": 1},), "A configuration that names callables."),
        ("showwarning", "warnings", "showwarning", ("x", None, "f", 1), "A hook that others replace."),
        ("register-error", "codecs", "register_error", ("picklebox", 1), "Runs at the next text that does not decode."),
        ("codecs-register", "codecs", "register", (1,), "Runs at the next unknown encoding."),
        ("copyreg-pickle", "copyreg", "pickle", (1, 1), "Decides how a class is pickled from now on."),
        ("setrecursionlimit", "sys", "setrecursionlimit", (10**9,), "The next deep structure crashes."),
        ("sys-exit", "sys", "exit", (0,), "The process ends with success, and the scan with it."),
        ("os-abort", "os", "_exit", (0,), "The same without a word."),
        ("settings-numpy", "numpy", "seterrcall", (1,), "A callback for floating point errors."),
        ("safe-globals", "torch.serialization", "add_safe_globals", ([],), "Extends the allowlist of the next load."),
    ],
    "code-objects": [
        ("code-type", "types", "CodeType", (), "Bytecode from integers."),
        ("function-type", "types", "FunctionType", (), "A function from a code object."),
        ("lambda-type", "types", "LambdaType", (), "The same under its other name."),
        ("cloudpickle-function", "cloudpickle.cloudpickle", "_make_function", (), "cloudpickle's function from code."),
        ("cloudpickle-subimport", "cloudpickle.cloudpickle", "subimport", ("os",), "cloudpickle's import."),
        ("dill-function", "dill._dill", "_create_function", (), "dill's function from code."),
        ("dill-code", "dill._dill", "_create_code", (), "dill's code object."),
        ("dill-load-type", "dill._dill", "_load_type", ("CodeType",), "Any type of the types module."),
        ("joblib-cloudpickle", "joblib.externals.cloudpickle.cloudpickle", "_builtin_type", ("CodeType",), "A vendored copy."),
        ("new-function", "new", "function", (), "Python 2's module for the same."),
        ("types-new-class", "types", "new_class", ("X", (), {}, 1), "A class whose body is a callback."),
    ],
    "deferred": [
        ("timer", "threading", "Timer", (0.0, 1), "A thread that calls later."),
        ("thread", "threading", "Thread", (None, 1), "A thread that calls when it is started."),
        ("cached-property", "functools", "cached_property", (1,), "Runs when the attribute is read."),
        ("property", "builtins", "property", (1,), "The same, each time."),
        ("scheduler", "sched", "scheduler", (1, 1), "Calls when it is run."),
        ("contextvar", "contextvars", "Context.run", (None, 1), "Calls in a context."),
    ],
    "resources": [
        ("repeat", "itertools", "repeat", ("x", 2**60), "Endless, for whoever makes a list of it."),
        ("numpy-empty", "numpy", "empty", (2**50,), "A petabyte."),
        ("factorial", "math", "factorial", (10**9,), "One number, hours of time."),
        ("pow", "builtins", "pow", (10, 10**9), "The same."),
        ("sleep", "time", "sleep", (0,), "Any time at all."),
        ("re-compile", "re", "compile", ("(a+)+$",), "A pattern that backtracks; _compile is the name in real files."),
    ],
}


def _groups():
    for family, table in _FAMILIES.items():
        group = Group(f"family-{family}")
        group.calls(table)
        yield group


GROUPS = list(_groups())
