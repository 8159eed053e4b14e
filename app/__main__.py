"""`python -m app`: the window without arguments, a command with them."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Final

#: First argument that makes the built program one of the processes that read files from outside.
CHILDREN: Final = {
    "--reader-child": "app.services.exchange.child",
    "--photo-child": "app.services.exchange.photo_child",
    "--scan-child": "app.services.register.scan_child",
    "--form-child": "app.services.forms.form_child",
}


def main() -> int:
    """Entry of the program; as a reading process it loads nothing but the reader."""
    if getattr(sys, "frozen", False):
        import_module("multiprocessing").freeze_support()  # as a helper of crew.py it ends here
    if len(sys.argv) > 1 and sys.argv[1] in CHILDREN:
        import_module(CHILDREN[sys.argv[1]]).main()
        return 0
    from app.services.sweeping import sweep_seldom

    sweep_seldom()
    if all(Path(argument).is_file() for argument in sys.argv[1:]):  # a file dropped on the icon
        from app.ui import application

        return application.run(sys.argv[1:])
    from app import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
