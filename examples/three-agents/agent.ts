/**
 * An agent that does nothing but tell what it can see: the names of its variables, never a value. That
 * its credential is the right one it proves by its SHA-256, which the file in DIGESTS holds for all three.
 *
 * Usage: node agent.ts NAME VARIABLE
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What a program gets in any case, and what tells it about SecretRef. */
const ORDINARY =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|LANG|LC_\w+|TZ|TMPDIR|PWD|NO_COLOR|COLORTERM|DIGESTS|SECRETREF_\w+)$/

const [, , name = '', own = ''] = process.argv
const digests = new Map<string, string>(
  Object.entries(JSON.parse(readFileSync(process.env['DIGESTS'] ?? '', 'utf8'))),
)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const all = Object.keys(process.env).sort()
const special = all.filter((one) => !ORDINARY.test(one))
const right = sha256(process.env[own] ?? '') === digests.get(own)
const foreign = special.filter((one) => one !== own)

console.log(
  `${name}: sees ${special.join(', ') || 'nothing'} and ${all.length - special.length} ordinary variables; ${own} is ${right ? 'right' : 'wrong'}`,
)
process.exitCode = right && foreign.length === 0 ? 0 : 1
