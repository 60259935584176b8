/** Looks at files, and at every folder on the way to them. Opens nothing. */
import { lstatSync, realpathSync, statSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../../errors.ts'
import type { PathFact } from '../../findings/judge/facts.ts'

/** A path, and who may do what with it. */
export type Named = Pick<PathFact, 'path' | 'what' | 'rule' | 'orRoot'>

/** What is not there, or cannot be looked at, is left out: whoever needs it says so. */
export function lookAt(named: readonly Named[], uid: number): PathFact[] {
  const facts: PathFact[] = []
  const towards = new Map<string, Set<string>>()
  for (const one of named) {
    const stats = statsOf(one.path)
    if (stats === undefined) continue
    const folders = foldersAbove(one.path)
    const folder = stats.isDirectory()
    facts.push({
      ...one,
      folder,
      uid: stats.uid,
      mode: stats.mode,
      shutOff: one.rule === 'private' && !folder && stats.nlink === 1 && isShutOff(one.path, uid),
      towards: [],
    })
    for (const above of folders) towards.set(above, (towards.get(above) ?? new Set()).add(one.path))
  }
  const known = new Set(facts.map(({ path }) => path))
  for (const [path, files] of towards) {
    const stats = known.has(path) ? undefined : statsOf(path)
    if (stats === undefined) continue
    facts.push({
      path,
      what: 'the folder',
      folder: true,
      uid: stats.uid,
      mode: stats.mode,
      rule: 'unwritable',
      orRoot: true,
      shutOff: false,
      towards: [...files].toSorted(),
    })
  }
  return facts
}

/** Undefined for what is not there, and for what cannot be a path or be looked at. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return undefined
  }
}

/** As the path is written, and where it really lies: each of them can be swapped on the way. */
function foldersAbove(path: string): Set<string> {
  const folders = new Set<string>()
  for (const start of [path, realpathSync(path)]) {
    for (let at = dirname(start); !folders.has(at); at = dirname(at)) {
      folders.add(at)
      if (lstatSync(at).isSymbolicLink()) for (const on of foldersAbove(at)) folders.add(on)
      if (at === dirname(at)) break
    }
  }
  return folders
}

/** The file provider's rule: without the x bit nobody passes a folder, whose owner is us or root. */
function isShutOff(path: string, ours: number): boolean {
  for (let dir = dirname(realpathSync(path)); ; dir = dirname(dir)) {
    const { mode, uid } = statSync(dir)
    if ((mode & 0o011) === 0 && (uid === 0 || uid === ours)) return true
    if (dir === dirname(dir)) return false
  }
}
