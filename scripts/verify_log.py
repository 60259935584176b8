#!/usr/bin/env python3
"""Checks a SecretRef audit log by docs/audit-format.md alone, sharing no code with SecretRef.

    verify_log.py FOLDER KEY [CHECKPOINTS…]

FOLDER holds audit.log, its older segments and audit.checkpoints; KEY is what `secretref log key` prints;
CHECKPOINTS are files of checkpoints that were kept elsewhere. Prints what it found; exit code 1 where the
log is not whole. Needs the Ed25519 of the package `cryptography` (Debian: python3-cryptography).
"""
import base64, glob, hashlib, json, os, re, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def check(holds, what):
    if not holds: sys.exit("bad: " + what)


def sha(data):
    return hashlib.sha256(data).digest()


def append(tree, node, leaves=1):
    """A tree is a list of (leaves, root) of full subtrees; two of one size become one."""
    while tree and tree[-1][0] == leaves:
        node, leaves = sha(b"\x01" + tree.pop()[1] + node), 2 * leaves
    tree.append((leaves, node))


def root(tree):
    node = tree[-1][1] if tree else sha(b"")
    for _, left in reversed(tree[:-1]): node = sha(b"\x01" + left + node)
    return base64.b64encode(node).decode()


def stated(size, hashes):
    """The tree that a segment says it goes on from."""
    sizes = [1 << bit for bit in reversed(range(size.bit_length())) if size >> bit & 1]
    return list(zip(sizes, map(bytes.fromhex, hashes.split()), strict=True))


def checkpoints(paths, name, key_id, public):
    """Size -> roots, of every note that the key has signed as the log that it is named after."""
    found = {}
    for path in filter(os.path.exists, paths):
        text = open(path, encoding="utf-8", newline="").read()
        for body, signatures in re.findall(r"((?:[^\n]+\n)+)\n((?:— [^\n]+\n)+)", text):
            origin, size, signed = body.split("\n")[:3]
            for by, blob in re.findall(r"— (\S+) (\S+)\n", signatures):
                blob = base64.b64decode(blob, validate=True)
                if (origin, by, blob[:4]) != (name, name, key_id): continue
                try: public.verify(blob[4:], body.encode())
                except InvalidSignature: check(False, "a checkpoint that the key did not sign names it")
                found.setdefault(int(size), set()).add(signed)
    return found


def main(folder, vkey, *kept):
    name, key_id, key = vkey.split("+", 2)
    key_id, key = bytes.fromhex(key_id), base64.b64decode(key, validate=True)
    public = Ed25519PublicKey.from_public_bytes(key[1:])
    log, *lists = (os.path.join(folder, "audit." + end) for end in ("log", "checkpoints", "checkpoint"))
    signed = checkpoints([*lists, *kept], name, key_id, public)
    tree, seq, prev, origin, vouched, doubt = [], 0, "0" * 64, None, 0, False
    for path in [*sorted(glob.glob(os.path.join(folder, "audit.[0-9]*.log"))), log]:
        for line in open(path, "rb"):
            if path == log and line[-1:] != b"\n": break  # a writer is at work
            try:
                record = dict(json.loads(line[: line.index(b"\n")]))
                said = record["detail"] if record["event"] == "log.continued" else None
                going_on = said and stated(said["size"], said["range"])
                if said and seq == 0:  # older segments are not here
                    tree, seq, prev, origin = going_on, said["size"], record["prev"], said["origin"]
            except (ValueError, TypeError, KeyError): check(False, f"record {seq + 1} is not a record")
            check(not doubt, f"record {seq - (record.get('prev') == prev)} was changed")
            is_due = (record.get("v"), record.get("seq")) == (1, seq + 1)
            check(is_due, f"record {seq + 1} is missing, or another is in its place")
            check(not said or going_on == tree, f"record {seq + 1} says of earlier ones what they are not")
            seq, doubt, leaf = seq + 1, record.get("prev") != prev, sha(b"\x00" + line[:-1])
            prev, origin = leaf.hex(), origin or "secretref/" + leaf.hex()[:16]
            check(origin == name, f"record {seq} is not of the log that the key is of")
            append(tree, leaf)
            if doubt or seq not in signed: continue
            check(signed[seq] == {root(tree)}, f"records {vouched + 1} to {seq} are not all as signed")
            vouched = seq
    check(not doubt, f"record {seq - 1} or {seq} was changed")
    check(max(signed, default=0) <= seq, f"record {seq + 1} was signed and is missing")
    check(vouched, "no checkpoint of it is signed by the key")
    print(f"ok: {seq} records, signed up to record {vouched}")


main(*sys.argv[1:])
