"""`python -m app`: the window without arguments, a command with them."""

import sys


def main() -> int:
    """Entry of the program, also when it is the reading child of itself."""
    if len(sys.argv) > 1 and sys.argv[1].startswith("--") and sys.argv[1].endswith("-child"):
        return _child(sys.argv[1])
    from app import cli

    return cli.main()


def _child(flag: str) -> int:
    """Be one of the processes that read files from outside; nothing else is loaded."""
    from app.services.exchange import child, photo_child

    {child.FLAG: child.main, photo_child.FLAG: photo_child.main}[flag]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
