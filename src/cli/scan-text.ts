/** What a person reads after `scan`. */
import { isAbsolute, relative } from 'node:path'
import type { Allowed } from '../findings/allow.ts'
import type { Finding } from '../findings/types.ts'
import type { Scan } from '../gateway/scan/scanner.ts'
import { table } from './table.ts'

/** Findings by file, each with its place as `path:line:column`, then one line that counts. */
export function scanText(scan: Scan, { findings }: Allowed, cwd: string): string {
  const listed = findings.filter(({ code }) => code !== 'skipped')
  const files = new Map<string, Finding[]>()
  for (const finding of listed) {
    const file = finding.places[0]?.file ?? ''
    files.set(file, [...(files.get(file) ?? []), finding])
  }
  const groups = Array.from(files.values(), (group) =>
    table(group.map((finding) => [place(finding, cwd), finding.code, words(finding)])),
  )
  return [...groups, summary(scan, listed)].join('\n')
}

function words({ code, targets, message, ref }: Finding): string {
  if (code === 'known-value')
    return `the value of ${ref ?? ''}${targets === undefined ? '' : `, fits ${targets.join(', ')}`}`
  return code === 'credential' && targets !== undefined
    ? `fits ${targets.join(', ')}`
    : message.replace(/^a value is /, '')
}

function place({ places: [at] }: Finding, cwd: string): string {
  const file = at?.file ?? ''
  const below = relative(cwd, file)
  const name = below === '' || below.startsWith('../') || isAbsolute(below) ? file : below
  return [name, at?.line, at?.column].filter((part) => part !== undefined).join(':')
}

function summary(scan: Scan, listed: readonly Finding[]): string {
  const unreadable = listed.filter(({ code }) => code === 'unreadable').length
  const found = listed.length - unreadable + scan.unlisted + scan.beyond
  const searched = `${count(scan.files, 'file')}, ${megabytes(scan.bytes)} searched`
  const failed = unreadable === 0 ? '' : `; ${unreadable} could not be read`
  return `${found === 0 ? 'no credential found' : `${count(found, 'credential')} found`}; ${searched}${failed}\n`
}

export function megabytes(bytes: number): string {
  if (bytes < 50) return '0 kB'
  return bytes < 100_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

/** What is to be known about the search itself. */
export function scanNotes(scan: Scan, { findings, allowed }: Allowed): string[] {
  const skips = new Map<string, number>()
  for (const { code, message } of findings) {
    if (code === 'skipped') skips.set(message, (skips.get(message) ?? 0) + 1)
  }
  const notes = [...skips].map(([why, n]) => `${count(n, 'file')} ${why} (--json names them)`)
  const add = (n: number, text: string): void => {
    if (n > 0) notes.push(text)
  }
  add(scan.unnamed, `${count(scan.unnamed, 'more file')} skipped, and not named`)
  add(
    scan.leftOut,
    `left out by .gitignore, or as .git or node_modules: ${scan.leftOut === 1 ? '1 file or folder' : `${scan.leftOut} files and folders`}; --all searches them too`,
  )
  add(scan.links, `not followed: ${count(scan.links, 'symbolic link')}; one that you name is`)
  add(
    scan.searchedAnyway,
    `searched although git ignores it: ${count(scan.searchedAnyway, 'file')} of a kind in which agents keep credentials`,
  )
  add(scan.unlisted + scan.beyond, `not listed one by one: ${scan.unlisted + scan.beyond} more`)
  add(
    scan.uncompared,
    `not wholly compared with the values that agents have received: ${count(scan.uncompared, 'file')}; search fewer at once`,
  )
  add(
    scan.notFollowed,
    `not followed, so that more was searched: ${count(scan.notFollowed, '.gitignore file')} of another user, or too large`,
  )
  add(
    scan.unmatched,
    `patterns of .gitignore took too long in ${count(scan.unmatched, 'folder')}; what they had not left out by then was searched`,
  )
  add(allowed, `allowed by the allow-list: ${allowed}`)
  return notes
}
