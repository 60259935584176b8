/** Names below a path, with their folders; never a value. */
import { SecretRefError } from '../../../errors.ts'
import { wipe } from '../../secret/bytes.ts'
import { readJson } from '../../secret/json.ts'
import { textOf } from '../../secret/json-text.ts'
import { final } from '../../secret/outcome.ts'
import type { Failure, Location, Meta } from '../contract.ts'
import { ask, type Vault } from './call.ts'
import { requestPath } from './kv.ts'

const MAX_NAMES = 10_000
const MAX_DEPTH = 16

const badAnswer: Failure = final('malformed', 'PROVIDER_INVALID', 'bad-answer')

/** @throws SecretRefError where the engine does not let us list, or there is too much */
export async function* listNames(
  vault: Vault,
  token: Buffer | Failure,
  { mount, kv }: { mount: string; kv: 1 | 2 },
  prefix: string,
): AsyncGenerator<{ at: Location; meta: Meta }> {
  if ('kind' in token) throw notListed(token)
  const folders: { path: string; depth: number }[] = [
    { path: prefix.replace(/\/+$/, ''), depth: 0 },
  ]
  let count = 0
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await namesIn(vault, token, mount, kv, folder.path)) {
      const path = folder.path === '' ? name : `${folder.path}/${name}`
      if ((count += 1) > MAX_NAMES || folder.depth > MAX_DEPTH) throw tooMany()
      if (name.endsWith('/')) folders.push({ path: path.slice(0, -1), depth: folder.depth + 1 })
      else yield { at: { path }, meta: {} }
    }
  }
}

async function namesIn(
  vault: Vault,
  token: Buffer,
  mount: string,
  kv: 1 | 2,
  folder: string,
): Promise<string[]> {
  const path =
    folder === ''
      ? requestPath(mount, kv, 'metadata', 'x')?.slice(0, -2)
      : requestPath(mount, kv, 'metadata', folder)
  // A name in the store that no request can carry is a folder that cannot be looked into.
  if (path === undefined) return []
  const question = { method: 'GET', path: `${path}?list=true`, token, repeat: true } as const
  const answer = await ask(vault, question, [404])
  if (answer.kind !== 'answer') throw notListed(answer)
  try {
    if (answer.status === 404) return []
    const result = readJson(answer.body)
    const data =
      'root' in result && result.root.kind === 'object'
        ? result.root.members.get('data')
        : undefined
    const keys = data?.kind === 'object' ? data.members.get('keys') : undefined
    // Nothing below is 404; anything else that is no list says nothing of what is there.
    if (keys?.kind !== 'array') throw notListed(badAnswer)
    return keys.items.flatMap((node) =>
      node.kind === 'string' ? [textOf(answer.body, node).toString()] : [],
    )
  } finally {
    wipe(answer.body)
  }
}

export function notListed(failure: Failure): SecretRefError {
  return new SecretRefError(failure.code, 'the store could not be listed', {
    scope: 'provider',
    hint: 'give this gateway the capability "list" on the metadata of its mount, or do without',
  })
}

function tooMany(): SecretRefError {
  return new SecretRefError(
    'PROVIDER_INVALID',
    'the store holds more names than are listed at once',
    {
      scope: 'provider',
      hint: 'choose a narrower mount',
    },
  )
}
