/** The table of drivers in docs/rotation.md, between its markers. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Output } from '../generate.ts'
import { driverSpecs } from './drivers.ts'

const PATH = 'docs/rotation.md'
const BEGIN = '<!-- generated: drivers -->'
const END = '<!-- end of drivers -->'

export async function generate(root: string): Promise<Output> {
  const text = readFileSync(join(root, PATH), 'utf8')
  const [before, rest, ...more] = text.split(BEGIN)
  const [, after, ...others] = rest?.split(END) ?? []
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`${PATH} must hold "${BEGIN}" and then "${END}", once each`)
  }
  const rows = (await driverSpecs(root)).map(({ type, class: kind, guided, summary }) => {
    const said = kind === 'stated' ? 'as its option says' : `\`${kind}\``
    return `| \`${type}\` | ${said}${guided === true ? ', guided' : ''} | ${summary} |`
  })
  const table = ['| driver | class | |', '|---|---|---|', ...rows].join('\n')
  return { path: PATH, content: `${before}${BEGIN}\n\n${table}\n\n${END}${after}` }
}
