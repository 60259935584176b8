/** Aligned columns, also where names are Chinese or hold emoji. Every cell is made printable first. */
import { printable } from './io.ts'

const GAP = '  '

/**
 * One line per row, each with its newline; columns are padded to the widest cell, the last one is not.
 * A cell must not hold escape sequences: they would be shown as text.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable))
  const widths: number[] = []
  for (const row of cells) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, width(cell))
    })
  }
  return cells
    .map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0)).join(GAP))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** How many columns of a terminal a text takes (Unicode Standard Annex 11; emoji take two). */
export function width(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let columns = 0
  for (const { segment } of segmenter().segment(text)) columns += clusterWidth(segment)
  return columns
}

function pad(cell: string, columns: number): string {
  return cell + ' '.repeat(columns - width(cell))
}

let shared: Intl.Segmenter | undefined
/** One user-perceived character may be many code points: a family emoji, a letter with its accents. */
function segmenter(): Intl.Segmenter {
  shared ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return shared
}

function clusterWidth(cluster: string): number {
  if (/^[\p{M}\p{Default_Ignorable_Code_Point}]+$/v.test(cluster)) return 0
  if (/^\p{RGI_Emoji}/v.test(cluster) || /^\p{Emoji_Presentation}/v.test(cluster)) return 2
  return WIDE.test(cluster) ? 2 : 1
}

/** East Asian Width W and F, as ranges; unassigned code points inside CJK blocks count as wide (UAX 11). */
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u
