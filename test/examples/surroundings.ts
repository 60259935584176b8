/** Shared by the example tests: listeners on a free port, made-up keys, and the agent as a process. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples')

/** Put together at run time, so that no scanner takes them for real ones. */
export const STRIPE_KEY = ['sk', 'test', 'fake0123456789abcdef'].join('_')
export const SLACK_TOKEN = ['xoxb', 'fake', '0123456789abcdef'].join('-')

/** Serves until the test is over; gives the base URL. */
export async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Runs a program of the examples with exactly this environment. */
export async function ran(
  file: string,
  env: Readonly<Record<string, string>>,
  onStdout: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [join(EXAMPLES, file)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    onStdout(stdout, (signal) => child.kill(signal))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
