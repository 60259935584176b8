/** `run` as it is nearly always written, read without the parser, which takes 2 ms of every start. Pure. */
import type { RunOptions } from './run.ts'

export interface QuickRun {
  options: RunOptions
  command: string[]
}

const VALUES = new Map<string, 'config' | 'agent' | 'environment'>([
  ['--config', 'config'],
  ['--agent', 'agent'],
  ['--environment', 'environment'],
])

/**
 * `run [--config FILE] [--agent NAME] [--environment NAME] [--pristine] -- COMMAND…`
 * @returns nothing for whatever is written in any other way: the parser reads that, and says what is wrong
 */
export function quickRun(argv: readonly string[]): QuickRun | undefined {
  const end = argv.indexOf('--')
  if (argv[0] !== 'run' || end === -1 || end === argv.length - 1) return undefined
  const options: RunOptions = {}
  for (let at = 1; at < end; at++) {
    const word = argv[at] ?? ''
    if (word === '--pristine') {
      options.pristine = true
      continue
    }
    const name = VALUES.get(word)
    const value = argv[++at]
    if (name === undefined || options[name] !== undefined) return undefined
    if (at >= end || value === undefined || value === '' || value.startsWith('-')) return undefined
    options[name] = value
  }
  return { options, command: argv.slice(end + 1) }
}
