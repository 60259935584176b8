/** Parts of Vault's answers, which all have one form: developer.hashicorp.com/vault/api-docs. */
import { readJson, type JsonNode } from '../../secret/json.ts'
import { textOf } from '../../secret/json-text.ts'

/** `undefined` where the body is no JSON. */
export function rootOf(body: Buffer): JsonNode | undefined {
  const result = readJson(body)
  return 'root' in result ? result.root : undefined
}

export function member(node: JsonNode | undefined, name: string): JsonNode | undefined {
  return node?.kind === 'object' ? node.members.get(name) : undefined
}

/** The string in own memory; the caller wipes it. */
export function bytesIn(body: Buffer, node: JsonNode | undefined): Buffer | undefined {
  return node?.kind === 'string' ? textOf(body, node) : undefined
}

/** Whole seconds from zero up; `undefined` for anything else. */
export function secondsIn(body: Buffer, node: JsonNode | undefined): number | undefined {
  if (node?.kind !== 'number') return undefined
  const seconds = Number(body.toString('latin1', node.start, node.end))
  return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : undefined
}
