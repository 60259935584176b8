/** `secretref gateway reload`: the running gateways of a config take it as it is now. */
import { problemsText } from '../config/problems.ts'
import { readConfig } from '../config/read.ts'
import { SecretRefError } from '../errors.ts'
import { askToReload, type Asked } from '../gateway/control/ask.ts'
import { safeJson } from '../printable.ts'
import { printable, type Io } from './io.ts'
import { sourceOf } from './open.ts'
import { wordsFor } from './reloader.ts'

export interface ReloadOptions {
  config?: string
  json?: true
}

/** @returns 0 where every one has reloaded, 1 where one has refused or did not answer, 2 where none runs */
export async function gatewayReload(io: Io, options: ReloadOptions): Promise<number> {
  if (io.env['SECRETREF_RUN']) {
    throw new SecretRefError('AGENT_NOT_ALLOWED', 'an agent may not have gateways reload', {
      scope: 'agent',
      hint: 'do it outside of a run',
    })
  }
  const { path } = readConfig(sourceOf(io, options.config))
  const answers = await askToReload(io.home, path)
  if (answers.length === 0) {
    if (options.json) io.out(`${safeJson({ version: 1, path, gateways: [] }, 2)}\n`)
    io.err(`${io.program}: no gateway that can be reloaded runs for ${printable(path)}\n`)
    io.err(`hint: start one: ${io.program} gateway run\n`)
    return 2
  }
  if (options.json) {
    const gateways = answers.map(({ pid, answer }) => ({
      ...answer,
      v: undefined,
      ok: answer.ok === true,
      pid,
    }))
    io.out(`${safeJson({ version: 1, path, gateways }, 2)}\n`)
  } else for (const asked of answers) sayAnswer(io, path, asked)
  return answers.every(({ answer }) => answer.ok) ? 0 : 1
}

function sayAnswer(io: Io, path: string, { pid, answer }: Asked): void {
  if (answer.ok) {
    io.out(`reloaded (pid ${pid}): ${printable(wordsFor(answer))}\n`)
    return
  }
  const { code, message, hint } = answer
  const about =
    answer.ok === undefined
      ? message
      : `gateway (pid ${pid}) keeps the config that it has: ${message}`
  io.err(`${io.program}: ${printable(about)} [${code}]\n`)
  if (answer.ok === false && answer.problems !== undefined) {
    io.err(problemsText(path, answer.problems))
  } else if (hint !== undefined) io.err(`hint: ${printable(hint)}\n`)
}
