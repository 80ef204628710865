"""How a sample is declared, and the phrases that most of them share."""

import textwrap

from program import Name, Program

#: The whole effect of a sample that is loaded against all advice.
TOUCH = "touch picklebox-marker"
PYTHON_TOUCH = "open('picklebox-marker', 'w').close()"


class Sample:
    """One malicious stream and what has to be said about it.

    Attributes
    ----------
    group, name : str
        The folder below malicious/ and the name of the file.
    code : bytes
    expect : str
        `module:qualname` that a report has to name, or "-".
    offset : int
        Of the opcode that the finding points at.
    reason : str
        Why it is refused: a word of README.md's table.
    essay : str
        What it shows; the first line goes into MANIFEST.
    """

    def __init__(self, group, name, program, expect, reason, essay):
        self.group = group
        self.name = name
        self.code = bytes(program)
        self.offset = program.place
        self.expect = expect
        self.reason = reason
        self.essay = textwrap.dedent(essay).strip()
        if self.offset is None:
            raise ValueError(f"{group}/{name}: no opcode marked with here()")


class Group:
    """A folder of samples; `attack` decorates the functions that write them."""

    def __init__(self, name):
        self.name = name
        self.samples = []

    def attack(self, expect="os:system", reason="global-denied"):
        """Declare a sample: the function writes its program, its docstring is the essay."""

        def declare(write):
            program = Program()
            write(program)
            name = write.__name__.strip("_").replace("_", "-")
            self.add(name, program, expect, reason, write.__doc__)
            return write

        return declare

    def add(self, name, program, expect, reason, essay):
        self.samples.append(Sample(self.name, name, program, expect, reason, essay))

    def calls(self, table):
        """Declare a sample for each row (name, module, qualname, args, essay): one REDUCE."""
        for name, module, qualname, args, essay in table:
            program = Program().PROTO(4)
            named(program, module, qualname).push(args).REDUCE().STOP()
            self.add(name, program, f"{module}:{qualname}", "global-denied", essay)


def named(p, module, qualname):
    """Push a global by STACK_GLOBAL, and mark that opcode."""
    return p.SHORT_BINUNICODE(module).SHORT_BINUNICODE(qualname).here().STACK_GLOBAL()


def system(p):
    """Push os.system by GLOBAL, and mark that opcode."""
    return p.here().GLOBAL("os", "system")


def touch(p):
    """Call what is on the stack with the harmless command."""
    return p.BINUNICODE(TOUCH).TUPLE1().REDUCE()


def ordinary(p):
    """Push what a model might begin with."""
    return p.push({"name": "ranking", "weights": [0.25, -1.5], "classes": ("no", "yes")})


OS_SYSTEM = Name("os", "system")
