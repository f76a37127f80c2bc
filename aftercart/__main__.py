"""`python -m aftercart VERB`, for clones, where the command `aftercart` is not installed."""

from aftercart.command_line import main

if __name__ == "__main__":
    main()
