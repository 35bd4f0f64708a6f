"""Fails, and prints what is wrong, unless all packages that the file in the first argument lists are as installed."""

import base64
import hashlib
import importlib.metadata
import sys


def wrong(requirement):
    name, version = requirement.split("==")
    try:
        package = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return "%s is not there" % name
    if package.version != version:
        return "%s is %s" % (name, package.version)
    for file in package.files or ["RECORD"]:
        # Compiled files are listed without a hash, and may be written again.
        if getattr(file, "hash", None) is None:
            continue
        try:
            content = file.read_binary()
        except OSError:
            return "%s is not there" % file
        digest = hashlib.new(file.hash.mode, content).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            return "%s is not as it was installed" % file
    return None


with open(sys.argv[1]) as requirements:
    for line in requirements:
        found = None if line.startswith("#") else wrong(line.strip())
        if found:
            sys.exit(found)
