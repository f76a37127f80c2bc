"""`python -m aftercart VERB`, where the command of the same name is not installed: in a clone."""

from aftercart.command_line import main

if __name__ == "__main__":
    main()
