#!/usr/bin/env python3
"""The article's `python3 scripts/monitor_secrets.py …`: hands its arguments to `secretref monitor`."""
import os
import sys

secretref = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "bin", "secretref")
os.execv(secretref, ["secretref", "monitor", *sys.argv[1:]])
