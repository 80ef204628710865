"""The extension registry: names by number, and the cache that skips find_class."""

from attacks.sample import OS_SYSTEM, Group, named, touch

GROUP = Group("extensions")
attack = GROUP.attack


def _plant(p, code):
    """copyreg.add_extension("os", "system", code), its result dropped."""
    return named(p, "copyreg", "add_extension").push(("os", "system", code)).REDUCE().POP()


@attack("copyreg:add_extension")
def ext1_planted(p):
    """A code is registered, then used by EXT1: os.system is a number when it is called."""
    touch(_plant(p.PROTO(4), 0x7A).EXT1(0x7A)).STOP()


@attack("copyreg:add_extension")
def ext2_planted(p):
    """The same by EXT2."""
    touch(_plant(p.PROTO(4), 0x7A7A).EXT2(0x7A7A)).STOP()


@attack("copyreg:add_extension")
def ext4_planted(p):
    """The same by EXT4."""
    touch(_plant(p.PROTO(4), 0x7A7A7A).EXT4(0x7A7A7A)).STOP()


@attack("copyreg:add_extension")
def planted_for_the_next_stream(p):
    """The first stream registers, the second uses: the registry belongs to the process."""
    _plant(p.PROTO(4), 0x51).NONE().STOP()
    touch(p.PROTO(4).EXT1(0x51)).STOP()


@attack("copyreg:_inverted_registry")
def registry_by_setitem(p):
    """SETITEM on the registry itself: not one call before the EXT1."""
    named(p.PROTO(4), "copyreg", "_inverted_registry").BININT1(0x61).push(
        ("os", "system")
    ).SETITEM().POP()
    touch(p.EXT1(0x61)).STOP()


@attack("copyreg:_extension_cache")
def cache_by_setitem(p):
    """SETITEM on the cache: a hit pushes the object without asking find_class."""
    named(p.PROTO(4), "copyreg", "_extension_cache").BININT1(0x62)
    place = p.place
    touch(p.push(OS_SYSTEM).SETITEM().POP().EXT1(0x62)).STOP()
    p.place = place


@attack("-", "extension-denied")
def ext1_unknown(p):
    """EXT1 with a code that this file does not register: what it is depends on the reader."""
    touch(p.PROTO(2).here().EXT1(0xF0)).STOP()


@attack("-", "extension-denied")
def ext2_unknown(p):
    """EXT2 with a code that this file does not register."""
    touch(p.PROTO(2).here().EXT2(0xF0F0)).STOP()


@attack("-", "extension-denied")
def ext4_unknown(p):
    """EXT4 with a code that this file does not register, built by NEWOBJ."""
    p.PROTO(2).here().EXT4(0x7FFFFFFF).EMPTY_TUPLE().NEWOBJ().STOP()
