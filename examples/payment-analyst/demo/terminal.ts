/** What the demo prints: headings, a command line as it would be typed, its output set in. */
import { spawn, type ChildProcess } from 'node:child_process'

const COLOURS = process.stdout.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'

// Whoever was reading has gone, as in `npm run demo | head`: there is nobody left to tell.
process.stdout.on('error', () => process.exit(1))

export function heading(text: string): void {
  process.stdout.write(`\n${styled('1', text)}\n`)
}

export function say(text: string): void {
  process.stdout.write(`${text.replace(/^(?=.)/gm, '  ')}\n`)
}

/** What somebody else has said. */
export function quote(text: string): void {
  say(text.replace(/^/gm, '> '))
}

function styled(code: string, text: string): string {
  return COLOURS ? `\u001b[${code}m${text}\u001b[0m` : text
}

/** As it would be typed: a shell takes `#` for a comment. */
function typed(word: string): string {
  return /^[\w.,/=-]+$/.test(word) ? word : `"${word}"`
}

export interface Ran {
  code: number | null
  output: string
}

let running: ChildProcess | undefined

/** Ends the command that is running, if one is; done when it has ended. */
export async function stopRunning(): Promise<void> {
  const child = running
  if (child === undefined) return
  const closed = new Promise<void>((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await closed
}

/**
 * Shows a command line, runs it and shows what it prints while it prints it.
 *
 * @param words program and arguments, none of which holds a quote
 */
export async function run(
  words: readonly [string, ...string[]],
  options: { cwd: string; env: Readonly<Record<string, string>> },
): Promise<Ran> {
  say(styled('2', `$ ${words.map(typed).join(' ')}`))
  const [program, ...rest] = words
  const child = spawn(program, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  running = child
  let output = ''
  let line = ''
  const show = (chunk: string): void => {
    output += chunk
    const lines = (line + chunk).split('\n')
    line = lines.pop() ?? ''
    for (const whole of lines) say(whole)
  }
  child.stdout.setEncoding('utf8').on('data', show)
  child.stderr.setEncoding('utf8').on('data', show)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  running = undefined
  if (line !== '') say(line)
  return { code, output }
}
