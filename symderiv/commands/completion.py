"""``symderiv completion SHELL``: a script that completes commands, options and files.

The script holds the words themselves, so pressing Tab starts no Python.
"""

from __future__ import annotations

import argparse
import importlib

from symderiv.commands import COMMANDS, OK

_BASH = """\
_symderiv() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
    if [ "$COMP_CWORD" -eq 1 ]; then words="{verbs} --help --version"
    else
        case "${{COMP_WORDS[1]}}" in
{cases}
        esac
        case "$word" in -*) ;; *) words="$words $(compgen -f -- "$word")" ;; esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o filenames -F _symderiv symderiv
"""

_ZSH = """\
#compdef symderiv
autoload -U +X bashcompinit && bashcompinit
"""

_FISH_VERB = "complete -c symderiv -n __fish_use_subcommand -f -a {verb} -d '{meaning}'"
_FISH_OPTION = "complete -c symderiv -n '__fish_seen_subcommand_from {verb}' -l {option}"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the shell."""
    parser.add_argument("shell", choices=sorted(_SCRIPTS), help='then: eval "$(symderiv completion bash)"')


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    print(_SCRIPTS[options.shell](), end="")
    return OK


def option_words(verb: str) -> list[str]:
    """The long options of a command, and the choices of its words."""
    parser = argparse.ArgumentParser(prog=f"symderiv {verb}")
    importlib.import_module(f"symderiv.commands.{verb}").arguments(parser)
    words = [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
    choices = [str(c) for action in parser._actions if not action.option_strings for c in action.choices or ()]
    return [*words, *choices]


def _bash() -> str:
    cases = "\n".join(f'            {verb}) words="{" ".join(option_words(verb))}" ;;' for verb in COMMANDS)
    return _BASH.format(verbs=" ".join(COMMANDS), cases=cases)


def _zsh() -> str:
    return _ZSH + _bash()


def _fish() -> str:
    lines = [_FISH_VERB.format(verb=verb, meaning=meaning.replace("'", "")) for verb, meaning in COMMANDS.items()]
    for verb in COMMANDS:
        lines += [
            _FISH_OPTION.format(verb=verb, option=word[2:]) for word in option_words(verb) if word.startswith("--")
        ]
    return "\n".join(lines) + "\n"


_SCRIPTS = {"bash": _bash, "fish": _fish, "zsh": _zsh}
