/** Who owns files and folders, and who else can reach them. Pure. */
import { shellWord } from '../../shell-word.ts'
import type { AuditFacts, PathFact } from './facts.ts'
import { detailOf, found, type AuditFinding } from './finding.ts'

const STICKY = 0o1000

export function judgePaths({ paths, uid }: AuditFacts): AuditFinding[] {
  return paths.flatMap((path) => [...foreign(path, uid), ...weak(path)])
}

function foreign(fact: PathFact, ours: number): AuditFinding[] {
  const { path, uid, orRoot, what } = fact
  if (uid === ours || (orRoot && uid === 0)) return []
  return [
    found({
      code: 'foreign-owner',
      subject: path,
      ...detailOf(`user ${uid}`, wayTo(fact)),
      message: `${what} ${path} belongs to another user (${uid})`,
      hint: `make it yours (chown ${ours} ${shellWord(path)}), or move what is yours elsewhere`,
      places: [{ file: path }],
    }),
  ]
}

function weak(fact: PathFact): AuditFinding[] {
  const { path, folder, mode, rule, shutOff, what } = fact
  const others = rule === 'private' ? 0o077 : 0o022
  // In a sticky folder such as /tmp only its owner can replace a file.
  const sticky = folder && rule === 'unwritable' && (mode & STICKY) !== 0
  if ((mode & others) === 0 || sticky) return []
  const chmod = rule === 'unwritable' ? 'go-w' : folder ? '700' : '600'
  const can = (mode & 0o022) === 0 ? 'read' : 'change'
  return [
    found({
      code: 'weak-permissions',
      severity: shutOff ? 'note' : 'error',
      subject: path,
      ...detailOf(
        `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
        shutOff ? 'only a folder above it keeps others out' : undefined,
        wayTo(fact),
      ),
      message: shutOff
        ? `only a folder above ${what} ${path} keeps others out`
        : `others can ${can} ${what} ${path}`,
      hint: `run: chmod ${chmod} ${shellWord(path)}`,
      places: [{ file: path }],
    }),
  ]
}

function wayTo({ towards }: PathFact): string | undefined {
  const [first, second] = towards
  if (first === undefined) return undefined
  return second === undefined ? `on the way to ${first}` : `on the way to ${towards.length} files`
}
