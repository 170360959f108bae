"""Failures of the engine's installation: cause and cure, from the output of pip or venv."""

import re
import sys
from collections.abc import Iterable

from .plan import Plan

FAILURES: tuple[tuple[str, str], ...] = (
    (
        r"ensurepip is not|No module named '?(ensurepip|venv)",
        "{python} cannot make environments, as ensurepip is missing: install it (Debian and Ubuntu: "
        "sudo apt install python3-venv), or use Blender from blender.org, which has it",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|CertificateError|certificate verify failed|SSLCertVerificationError",
        "The connection's certificate is not trusted: look whether the clock is right; if a proxy or a virus "
        "scanner reads along, set the variable PIP_CERT to the file of its certificate (whoever runs the "
        "network has it) and start Blender again",
    ),
    (
        r"No space left on device|Errno 28|WinError 112|not enough space on the disk|Disk quota exceeded",
        "The disk of {folder} is full: make room ({needed:.1f} GB are needed while it is installed) and try "
        "again",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "What was downloaded is not what this version of Stylize names, so it was thrown away: try again; if "
        "it happens twice, a mirror or a proxy changes files on their way",
    ),
    (
        r"ProxyError|Cannot connect to proxy|Proxy Authentication Required|Tunnel connection failed",
        "The proxy does not let the download through: set HTTPS_PROXY as whoever runs the network says, and "
        "start Blender again",
    ),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ConnectionResetError|"
        r"IncompleteRead|Connection broken|RemoteDisconnected|Name or service not known|"
        r"getaddrinfo failed|nodename nor servname|Temporary failure in name resolution|"
        r"Network is unreachable|Connection refused|timed out",
        "The network was not reached or was lost: look whether this computer is online and try again",
    ),
    (
        r"Long Path support",
        "The path of {folder} is too long for Windows: turn on long paths (Group Policy > Administrative "
        "Templates > System > Filesystem > Enable Win32 long paths) and try again",
    ),
    (
        r"No matching distribution found for (?P<what>\S+)",
        "There is no {what} for this system, which may be too old (Linux needs glibc 2.28, a Mac macOS 14): "
        "update it, or choose a Python that has PyTorch in the preferences",
    ),
    (
        r"Permission denied|WinError 5\b|Errno 13|Read-only file system",
        "{folder} cannot be written: look at its permissions and try again",
    ),
)
"""Patterns, the surest first, and what the user can do."""


def explain(step: str, lines: Iterable[str], code: int, plan: Plan) -> str:
    """Return one sentence: the cause and its cure.

    An unknown failure is quoted.
    """
    output = [line for line in lines if line]
    text = "\n".join(output)
    words = {
        "python": sys.executable,
        "folder": plan.folder,
        "needed": (plan.download + plan.disk) / 1e9,
    }
    for pattern, cure in FAILURES:
        found = re.search(pattern, text)
        if found:
            return cure.format(**words, **found.groupdict())
    telling = next(
        (line for line in output if line.startswith("ERROR: ")), output[-1] if output else ""
    )
    why = " ".join(telling.removeprefix("ERROR: ").split()) or f"code {code}"
    return (
        f"{step} failed ({why}): try again, or choose a Python that has PyTorch in the preferences"
    )
