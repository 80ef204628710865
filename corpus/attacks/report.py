"""Names that attack whoever reads the report.

A denied name is printed, so a denied name is the attacker's text in a terminal, in a
CI log, in JSON, HTML, Markdown or a spreadsheet. Each place has its own escapes.
"""

from attacks.sample import Group, named, touch
from program import Program

GROUP = Group("report")

NAMES = [
    ("ansi-clear", "os\x1b[2J\x1b[H", "system", "clears the terminal, findings and all"),
    ("ansi-green", "os\x1b[32mclean\x1b[0m", "system", "colours a verdict of its own"),
    ("osc-title", "os\x1b]0;clean\x07", "system", "sets the title of the terminal"),
    (
        "osc-hyperlink",
        "os\x1b]8;;http://localhost/\x1b\\docs\x1b]8;;\x1b\\",
        "system",
        "is a link in some terminals",
    ),
    ("c1-controls", "os\x9b2J", "system", "C1 control codes need no ESC"),
    ("backspace", "os\x08\x08collections", "OrderedDict", "types over what it is"),
    ("carriage-return", "os\rcollections", "OrderedDict", "returns to the start of the line"),
    ("newline", "os\nverdict: clean\n", "system", "adds a line of its own"),
    (
        "line-separator",
        "os\u2028verdict: clean\u2029",
        "system",
        "breaks lines in readers that know Unicode",
    ),
    (
        "workflow-command",
        "os\n::set-output name=verdict::clean",
        "system",
        "a command to the runner of a workflow",
    ),
    (
        "workflow-stop",
        "os\n::stop-commands::picklebox",
        "system",
        "silences the commands that follow",
    ),
    ("bidi-override", "os\u202emetsys\u202c", "system", "turns the text around"),
    ("bidi-isolate", "os\u2066\u2069", "system", "isolates that do not show"),
    ("zero-width", "o\u200bs", "system", "a space without width"),
    ("tag-characters", "os\U000e0063\U000e006c", "system", "characters that nothing shows"),
    ("combining", "o" + "\u0336" * 40 + "s", "system", "marks that strike out the line above"),
    ("html", "<script>document.title='clean'</script>", "x", "runs in a report of HTML"),
    ("html-attribute", '" onmouseover="alert(1)', "x", "leaves an attribute"),
    ("markdown", "`](http://localhost/) **clean**", "x", "leaves a code span"),
    (
        "json",
        '","verdict":"clean","x":"\\',
        "x",
        "closes a JSON string that is put together by hand",
    ),
    ("csv-formula", '=HYPERLINK("http://localhost/")', "x", "a formula in a spreadsheet"),
    ("printf", "%n%s%s%s%n", "%1000000d", "a format string"),
    (
        "shell",
        "$(touch picklebox-marker)`touch picklebox-marker`",
        ";x",
        "a command where a log goes through a shell",
    ),
    (
        "toml",
        'x"\nuses = ["call"]\n#',
        "y",
        "leaves the string of a policy fragment that is offered to paste",
    ),
    (
        "colon",
        "os:system",
        "collections:OrderedDict",
        "colons where module and name are joined by one",
    ),
    ("tab", "os\tclean", "system", "leaves the column of a table"),
    ("nul", "os\x00", "system\x00clean", "ends the name for what is written in C"),
    ("non-character", "os\uffff\ufffe", "system", "code points that are no characters"),
    ("surrogates", "os\ud83d", "\udc00system", "halves of a pair, one in each name"),
    ("long", "o" * 2000, "s" * 2000, "4 KB of name"),
]

for _name, _module, _qualname, _why in NAMES:
    _p = Program().PROTO(4).BINUNICODE(_module).BINUNICODE(_qualname).here().STACK_GLOBAL()
    touch(_p).STOP()
    GROUP.add(
        _name,
        _p,
        f"{_module}:{_qualname}",
        "global-denied",
        f"A name that attacks the report: {_why}.",
    )


@GROUP.attack("os:system")
def in_a_key(p):
    """The escape codes are in a key of the data, which tree views show."""
    p.PROTO(4).EMPTY_DICT().BINUNICODE("\x1b[2Jkey\n::error::clean")
    touch(named(p, "os", "system")).SETITEM().STOP()


@GROUP.attack("-", "persistent-denied")
def in_a_persistent_id(p):
    """The escape codes are in a persistent id."""
    p.here().PERSID("\x1b[2J<b>clean</b>").STOP()
