/**
 * The scanner: a process that searches files. It takes an instruction, reports places and kinds, and
 * exits. What it reads is in its own memory alone, and gone with it.
 *
 * fd 0, 1, 2 nowhere · fd 3 to control and back. Started with an empty environment and our own absolute
 * file.
 */
import { pathText } from '../../gateway/scan/path-text.ts'
import type { ScanInstruction, Totals } from '../../gateway/scan/words.ts'
import { SecretRefError } from '../../errors.ts'
import { detect, type Detected, type Detector } from '../detect/detect.ts'
import { textFingerprinter } from '../detect/fingerprints.ts'
import { KnownValues } from '../detect/known.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { instruction, tell } from './control.ts'
import { Reader } from './read.ts'
import { walk, workOfSearch } from './walk.ts'

/** How many texts are compared with the known values: some ten seconds of work. */
const MOST_COMPARED = 5_000_000
const ALIVE_EVERY_MS = 200
/** Before a file that may take a while. */
const LARGE_BYTES = 1024 * 1024

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const given = instruction()
  if (given === undefined) return
  try {
    const fingerprint = textFingerprinter(given.fingerprintKey)
    const known = new KnownValues(fingerprint, given.known, MOST_COMPARED)
    tell({ type: 'end', ...(await search(given, { fingerprint, known })) })
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    tell({ type: 'failed', code: error.code })
  }
}

async function search({ paths, all }: ScanInstruction, detector: Detector): Promise<Totals> {
  const totals = {
    files: 0,
    bytes: 0,
    leftOut: 0,
    searchedAnyway: 0,
    unlisted: 0,
    uncompared: 0,
    notFollowed: 0,
    unmatched: 0,
    links: 0,
  }
  const reader = new Reader()
  const work = workOfSearch()
  let spoke = performance.now()
  const alive = (file: string): void => {
    spoke = performance.now()
    tell({ type: 'at', file, files: totals.files, bytes: totals.bytes })
  }
  for (const top of paths) {
    for (const step of walk(top, { all, reader, work })) {
      if (step.kind === 'left-out') totals.leftOut += 1
      if (step.kind === 'not-followed') totals.notFollowed += 1
      if (step.kind === 'unmatched') totals.unmatched += 1
      if (step.kind === 'link') totals.links += 1
      if (!('path' in step)) continue
      const file = pathText(step.path)
      if (performance.now() - spoke > ALIVE_EVERY_MS) alive(file)
      if (step.kind === 'unreadable') tell({ type: 'unreadable', file })
      if (step.kind === 'special') tell({ type: 'skipped', file, why: 'special' })
      if (step.kind !== 'file') continue
      const content = step.read()
      if (content.kind === 'unreadable') tell({ type: 'unreadable', file })
      else if (content.kind !== 'text') tell({ type: 'skipped', file, why: content.kind })
      if (content.kind !== 'text') continue
      if (content.bytes.length > LARGE_BYTES) alive(file)
      const detected = await detectOrNot(content.bytes, step, detector)
      if (detected === undefined) {
        tell({ type: 'unreadable', file })
        continue
      }
      const { hits, unlisted, compared } = detected
      for (const hit of hits) tell({ type: 'hit', file, ...hit })
      totals.files += 1
      totals.bytes += content.bytes.length
      totals.unlisted += unlisted
      if (step.ignored) totals.searchedAnyway += 1
      if (!compared) totals.uncompared += 1
    }
  }
  reader.wipe()
  return totals
}

/** `undefined` where a rule cannot deal with a content: it counts as not read, and the others are searched. */
async function detectOrNot(...of: Parameters<typeof detect>): Promise<Detected | undefined> {
  try {
    return await detect(...of)
  } catch {
    return undefined
  }
}

main().then(
  () => process.exit(),
  // An error's own words may hold what was read. Without its last word, control says that we failed.
  () => process.exit(1),
)
