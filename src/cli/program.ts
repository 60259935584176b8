/** From the words of a command line to the end of its command; says what went wrong in the terminal's own form. */
import { isAbsolute } from 'node:path'
import { ConfigError, problemsText } from '../config/problems.ts'
import { errnoOf, SecretRefError } from '../errors.ts'
import { dismissEarly } from '../gateway/early.ts'
import { errorText, printable, processIo, type Io } from './io.ts'
import { quickRun } from './quick.ts'
import { run } from './run.ts'

/** Before the agent was started: env(1), docker run and others use it for this. */
const NOT_STARTED = 125

/** @param argv without node and script */
export async function main(argv: readonly string[]): Promise<void> {
  const io = processIo(process.env['SECRETREF_PROGRAM'] === 'openclaw' ? 'openclaw' : 'secretref')
  const starts = argv[0] === 'run' || (argv[0] === 'gateway' && argv[1] === 'run')
  // There 1 says that a service rejects a credential.
  const verifies = argv[0] === 'secrets' && argv[1] === 'verify'
  const failed = starts ? NOT_STARTED : verifies ? 2 : 1
  try {
    requireAbsolute(io)
    const quick = quickRun(argv)
    process.exitCode =
      quick === undefined
        ? await (await import('./words.ts')).doWords(io, argv, failed)
        : await run(io, quick.options, quick.command)
  } catch (error) {
    process.exitCode = report(io, error, failed)
  } finally {
    dismissEarly()
  }
}

/** Relative, they would let the folder that somebody happens to stand in decide what is trusted. */
function requireAbsolute({ env }: Io): void {
  for (const name of ['SECRETREF_HOME', 'SECRETREF_CONFIG', 'HOME']) {
    const value = env[name]
    if (!value || isAbsolute(value)) continue
    throw new SecretRefError('USAGE', `$${name} is not an absolute path`, {
      hint: 'write it from the root of the file system',
    })
  }
}

function report(io: Io, error: unknown, failed: number): number {
  if (error instanceof SecretRefError) {
    if (error instanceof ConfigError) io.err(problemsText(error.path, error.problems))
    io.err(errorText(io.program, error))
    if (error.code === 'COMMAND_NOT_FOUND') return 127
    if (error.code === 'COMMAND_NOT_EXECUTABLE') return 126
    return failed
  }
  const trace = traceOf(error)
  const sentence = 'something went wrong that should not; this is a defect of SecretRef'
  const hint = 'please report it with the lines below'
  io.err(errorText(io.program, new SecretRefError('INTERNAL', sentence, { hint })))
  io.err(`${trace.split('\n').map(printable).join('\n')}\n`)
  return failed
}

/**
 * Where a mistake of ours was made. Never its message: a system's error quotes the path that it was about,
 * and what stood in a path's place may be a credential that somebody wrote into a config.
 */
function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const errno = errnoOf(error)
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line))
  return [errno === undefined ? error.name : `${error.name} (${errno})`, ...frames].join('\n')
}
