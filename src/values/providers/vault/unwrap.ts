/**
 * A wrapped secret id: a token that stands for it and can be exchanged for it once, so that whoever took it
 * on the way is found out. developer.hashicorp.com/vault/docs/concepts/response-wrapping.
 */
import { wipe } from '../../secret/bytes.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure } from '../contract.ts'
import { bytesIn, member, rootOf } from './answer.ts'
import { bodyOf } from './body.ts'
import { ask, type Vault } from './call.ts'
import type { AppRole } from './options.ts'

/** Vault's own length for tokens is far below; a header carries it. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/

/** The secret id, which the caller wipes. Looked at before it is used up: what else it may hold is left alone. */
export async function unwrap(
  vault: Vault,
  wrapping: Buffer,
  { mount, role }: Pick<AppRole, 'mount' | 'role'>,
): Promise<Buffer | Failure> {
  if (!TOKEN.test(wrapping.toString('latin1'))) return used
  const body = bodyOf(new Map([['token', wrapping]]))
  const looked = await ask(
    vault,
    { method: 'POST', path: 'sys/wrapping/lookup', body, repeat: true },
    [400, 403],
  )
  wipe(body)
  if (looked.kind !== 'answer') return looked
  const made = looked.status === 200 ? madeAt(looked.body) : undefined
  const { status } = looked
  wipe(looked.body)
  // 400: "wrapping token is not valid or does not exist".
  if (status !== 200) return used
  if (made === undefined) return badAnswer
  if (!isSecretIdOf(made, mount, role)) return foreign
  const answer = await ask(
    vault,
    { method: 'POST', path: 'sys/wrapping/unwrap', token: wrapping, repeat: 'if-not-done' },
    [400, 403],
  )
  if (answer.kind !== 'answer') return answer
  try {
    if (answer.status !== 200) return used
    return bytesIn(answer.body, member(member(rootOf(answer.body), 'data'), 'secret_id')) ?? foreign
  } finally {
    wipe(answer.body)
  }
}

/** Used up before, by somebody; or past its time; or none at all. Vault does not tell these apart. */
const used: Failure = final('denied', 'PROVIDER_DENIED', 'wrapped-used')
/** It wraps something else: somebody has put another token in its place. */
const foreign: Failure = final('denied', 'PROVIDER_DENIED', 'wrapped-foreign')
const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

function madeAt(body: Buffer): string | undefined {
  return bytesIn(body, member(member(rootOf(body), 'data'), 'creation_path'))?.toString()
}

/** `auth/<mount>/role/<role>/secret-id`, the one endpoint where Vault itself makes up secret ids. */
function isSecretIdOf(path: string, mount: string, role: string | undefined): boolean {
  const start = `auth/${mount}/role/`
  const end = '/secret-id'
  if (!path.startsWith(start) || !path.endsWith(end)) return false
  // Vault keeps the names of roles in lower case, and paths as they were asked for.
  const name = path.slice(start.length, -end.length)
  return role === undefined ? /^[^/]+$/.test(name) : name.toLowerCase() === role.toLowerCase()
}
