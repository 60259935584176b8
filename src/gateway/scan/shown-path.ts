/**
 * A path that may be shown: a name in it that holds a credential is cut where that begins, and told by its
 * inode instead, by which `find -inum` finds it.
 */
import { lstatSync } from 'node:fs'
import { searchRules } from '../../targets/detect.ts'
import { LITERALS } from '../../targets/literals.ts'
import type { Finding } from '../../findings/types.ts'
import { pathBytes } from './path-text.ts'

interface Form {
  prefixes: readonly string[]
  pattern: RegExp
}

/** With one search for what any of them begins with: a report may have very many paths. */
let known: { forms: readonly Form[]; any: RegExp } | undefined

/** @param path absolute or not, as `pathText` has it */
export function shownPath(path: string): string {
  let shown = ''
  let real = ''
  for (const part of path.split(/(\/)/)) {
    real += part
    const at = part === '/' ? undefined : beginning(part)
    shown += at === undefined ? part : cut(part, at, real)
  }
  return shown
}

/** The same finding, with places that may be shown. */
export function withShownPaths(finding: Finding): Finding {
  const places = finding.places.map((place) =>
    place.file === undefined ? place : { ...place, file: shownPath(place.file) },
  )
  return { ...finding, places }
}

/** `key-ghp_….md` with the inode in place of all that follows; what looks like an ending stays. */
function cut(name: string, at: number, path: string): string {
  const [ending = ''] = /\.[A-Za-z0-9]{1,4}$/.exec(name.slice(at)) ?? []
  return `${name.slice(0, at)}…${inodeOf(path)}${ending}`
}

function inodeOf(path: string): string {
  try {
    return `(inode ${lstatSync(pathBytes(path)).ino})`
  } catch {
    // It is not there, or out of reach: the folder tells as much as can be told.
    return ''
  }
}

/** Where in a name the first credential begins. */
function beginning(name: string): number | undefined {
  known ??= knownForms()
  if (!known.any.test(name)) return undefined
  const found = known.forms.flatMap(({ prefixes, pattern }) =>
    prefixes.some((prefix) => name.includes(prefix)) ? (pattern.exec(name)?.index ?? []) : [],
  )
  return found.length === 0 ? undefined : Math.min(...found)
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}

function knownForms(): NonNullable<typeof known> {
  const rules = searchRules().map(({ prefixes, regex }) => ({
    prefixes,
    pattern: new RegExp(regex),
  }))
  const forms = [...LITERALS, ...rules]
  const prefixes = new Set(forms.flatMap((form) => form.prefixes))
  return { forms, any: new RegExp(Array.from(prefixes, escaped).join('|')) }
}
