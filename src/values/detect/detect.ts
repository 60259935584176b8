/** Every credential in the content of one file, as places and kinds. */
import type { Hit } from '../../gateway/scan/words.ts'
import { isPlaceholder } from '../secret/placeholder.ts'
import { assignmentSpans } from './assignments.ts'
import { catalogueSpans } from './catalogue.ts'
import type { TextFingerprint } from './fingerprints.ts'
import type { KnownValues } from './known.ts'
import { lintSpans } from './lint.ts'
import { Position } from './position.ts'
import { merged } from './span.ts'

export interface Detector {
  fingerprint: TextFingerprint
  known: KnownValues
}

export interface Detected {
  hits: Hit[]
  /** How many more there are. */
  unlisted: number
  /** False where not every text could be compared with the known values. */
  compared: boolean
}

/** A file with more is a list of credentials, and every line of it is to be looked at anyway. */
const LISTED = 500

const KINDS = { known: 'known', catalogue: 'pattern', lint: 'pattern', name: 'assigned' } as const

/**
 * @param bytes the caller's, who wipes them
 * @param file its name, and whether agents keep credentials in it
 */
export async function detect(
  bytes: Buffer,
  file: { name: string; agent: boolean },
  { fingerprint, known }: Detector,
): Promise<Detected> {
  // One character for each byte: offsets are the same, and nothing is lost of what is no UTF-8.
  const text = bytes.toString('latin1')
  const exact = known.spans(text)
  const spans = merged([
    ...exact.spans,
    ...catalogueSpans(text),
    ...(await lintSpans(text, file.name)),
    ...(file.agent ? assignmentSpans(text) : []),
  ]).filter((span) => span.by === 'known' || !isPlaceholder(bytes.subarray(span.start, span.end)))
  const position = new Position(bytes)
  const hits = spans.slice(0, LISTED).map(({ start, end, by, ids, known: which }): Hit => {
    const { line, column } = position.of(start)
    const value = text.slice(start, end)
    return { kind: KINDS[by], line, column, ids, known: which, fingerprint: fingerprint(value) }
  })
  return { hits, unlisted: spans.length - hits.length, compared: exact.whole }
}
