"""Run when Python starts with PICKLEBOX_ENFORCE set, by picklebox-enforce.pth.

Apart from the package, so that one that is broken is noticed. What is to be blocked
and cannot be ends the process: to go on would be to load what was to be refused.
"""

import os


def start() -> None:
    """Enforce, or say why not; in block mode that ends the process."""
    try:
        from picklebox._enforce import from_environment

        from_environment()
    except BaseException as error:
        audits = os.environ.get("PICKLEBOX_ENFORCE_MODE") == "audit"
        what = "nothing is noted" if audits else "Python does not start"
        message = f"picklebox: PICKLEBOX_ENFORCE: {type(error).__name__}: {error}: {what}\n"
        os.write(2, message.encode("ascii", "backslashreplace"))
        if not audits:
            os._exit(78)  # EX_CONFIG


start()
