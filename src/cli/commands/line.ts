/** What every command's words are made with. */
import { InvalidArgumentError, type Command } from 'commander'
import type { Io } from '../io.ts'

export type Body = () => Promise<number>

/** What a command's words need to know to choose its body. */
export interface Line {
  io: Io
  argv: readonly string[]
  choose: (body: Body) => void
}

export type Add = (program: Command, line: Line) => void

export function group(parent: Command, name: string, about: string): Command {
  return parent.command(name).description(about).exitOverride()
}

export function command(parent: Command, name: string, about: string): Command {
  return group(parent, name, about).option('--config <file>', 'the config file to use')
}

export function list(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) throw new InvalidArgumentError('a name is empty')
  return names
}

export function count(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text))
    throw new InvalidArgumentError('a whole number from 1 to 999999999 is wanted')
  return Number(text)
}
