#!/usr/bin/env python3
"""Checks a SecretRef audit log by docs/audit-format.md alone: verify_log.py FOLDER KEY [CHECKPOINTS…]
FOLDER holds the log and its checkpoints, KEY is what `secretref log key` prints, CHECKPOINTS are files that were
kept elsewhere. Exit code 1 where the log is bad, or not all can be told. Needs the package `cryptography`."""
import base64, functools, glob, hashlib, json, os, re, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE = r"\n(\d{1,16})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n){0,9}?)\n((?:— \S+ [A-Za-z0-9+/]+=*\n)+)"
def check(holds, what): return holds or sys.exit(what)
def sha(data): return hashlib.sha256(data).digest()
def append(tree, size, node):  # the tree: roots of full subtrees, one for each 1 in the binary form of its size
    while size & 1: node, size = sha(b"\x01" + tree.pop() + node), size >> 1
    tree.append(node)
def root_of(tree):
    root = functools.reduce(lambda right, left: sha(b"\x01" + left + right), reversed(tree))
    return base64.b64encode(root).decode()
def notes(path):  # (size, root) of what the key has signed, and (-1, …) of what is no good note
    text = open(path, encoding="utf-8", errors="replace", newline="").read()
    lines = re.findall(r"checkpoint size=\d+ note=([A-Za-z0-9+/]+)", text)  # as a system log keeps them
    for line in lines: text += "\n" + base64.b64decode(line[: len(line) & ~1] + "==").decode(errors="replace")
    for body, size, root, signatures in re.findall(f"(?=({mine}{NOTE})", text):  # a torn one may overlap the next
        for blob in map(base64.b64decode, re.findall(f"— {mine} ([A-Za-z0-9+/]{{91}}=)\n", signatures)):
            try: yield public.verify(blob[4:], body.encode()) or (int(size), root) if blob[:4] == key_id else (-1, root)
            except InvalidSignature: yield -1, root
    if re.sub(rf"(?m)((?:{mine}|^secretref/[0-9a-f]{{16}}){NOTE}", "", text).strip() and not lines: yield -1, "rest"

(folder, vkey, *kept), signed = sys.argv[1:], {}
name, key_id, key = vkey.split("+", 2)
mine, key_id, key = re.escape(name), bytes.fromhex(key_id), base64.b64decode(key, validate=True)
public = Ed25519PublicKey.from_public_bytes(key[1:])
log, *own = (os.path.join(folder, "audit." + end) for end in ("log", "checkpoint", "checkpoints"))
for path in [*filter(os.path.exists, own), *kept]:  # read before the log, which may grow meanwhile
    for size, root in notes(path): signed.setdefault(size, set()).add((path in kept, root))
tree, seq, prev, origin, vouched, doubt = [], 0, "0" * 64, None, [0, 0], False
for path in [*sorted(glob.glob(os.path.join(folder, "audit.[0-9]*.log"))), log]:
    for line in open(path, "rb"):
        if path == log and line[-1:] != b"\n": break  # a writer is at work
        try:
            record = dict(json.loads(str(line[: line.index(b"\n")], "utf-8"), parse_constant=int))
            said = record["detail"] if record["event"] == "log.continued" else None
            stated = said and (list(map(bytes.fromhex, said["range"].split())), int(said["size"]))
            if said and seq == 0: (tree, seq), prev, origin = stated, record["prev"], said["origin"]
        except (ValueError, TypeError, KeyError, RecursionError): check(False, f"bad: record {seq + 1} is not a record")
        check(not doubt, f"bad: record {seq - (record.get('prev') == prev)} was changed")
        is_due = (record.get("v"), record.get("seq"), len(tree)) == (1, seq + 1, seq.bit_count())
        check(is_due, f"bad: record {seq + 1} is missing, or another is in its place")
        check(not said or stated == (tree, seq), f"bad: record {seq + 1} says of earlier ones what they are not")
        doubt, leaf = record.get("prev") != prev, sha(b"\x00" + line[:-1])
        append(tree, seq, leaf)
        seq, prev, origin = seq + 1, leaf.hex(), origin or "secretref/" + leaf.hex()[:16]
        check(origin == name, f"bad: record {seq} is not of the log that the key is of")
        for away, root in sorted(signed.get(seq, ())) if not doubt else ():
            check(root == root_of(tree), f"bad: records {vouched[away] + 1} to {seq} are not all as signed")
            vouched[0] = vouched[away] = seq
check(not doubt, f"bad: record {seq - 1} or {seq} was changed")
check(max(signed, default=0) <= seq, f"bad: record {seq + 1} was signed and is missing")
check(vouched[0], "bad: no checkpoint of it is signed by the key")
check(-1 not in signed, f"doubt: {seq} records, signed up to record {vouched[0]}, and notes that cannot be used")
print(f"ok: {seq} records, signed up to record {vouched[0]}")
