/**
 * Stands before a moto, in the place of IAM and STS, and does what moto does not: a key that was made
 * inactive is refused; a fresh one may be refused for a while; an answer may be lost when all is done.
 * Requests are forms and errors are XML, as in AWS's query protocol
 * (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html; the refusal of a key that is not taken:
 * https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, "InvalidClientTokenId").
 */
import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { listen, type Fake } from './listen.ts'

export interface IamGate extends Fake {
  /** In order: `CreateAccessKey`, … */
  actions: string[]
  /** Actions whose next answer is lost: it is done, and the connection ends. */
  lose: string[]
  /** Names of errors by the action that they refuse. */
  refuse: Record<string, string>
  /** How often a key that is not known yet is refused before it is taken. */
  settling: number
  /** The keys that were there before, and so are known everywhere. */
  known: Set<string>
}

export async function iamGate(behind: string): Promise<IamGate> {
  const inactive = new Set<string>()
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const form = new URLSearchParams(body.toString())
    const action = form.get('Action') ?? ''
    const [, signer = ''] = /Credential=([^/]+)/.exec(request.headers.authorization ?? '') ?? []
    gate.actions.push(action)
    const fresh = !gate.known.has(signer) && action === 'GetCallerIdentity' && gate.settling > 0
    if (fresh) gate.settling -= 1
    const refusal = fresh || inactive.has(signer) ? 'InvalidClientTokenId' : gate.refuse[action]
    if (refusal !== undefined) {
      const words = `<Code>${refusal}</Code><Message>fake-words-of-the-server</Message>`
      response.writeHead(403, { 'content-type': 'text/xml' })
      response.end(`<ErrorResponse><Error>${words}</Error></ErrorResponse>`)
      return
    }
    const [status, answer] = await ask(behind, request, body)
    if (action === 'UpdateAccessKey' && status === 200) inactive.add(form.get('AccessKeyId') ?? '')
    if (gate.lose.includes(action)) {
      gate.lose.splice(gate.lose.indexOf(action), 1)
      response.destroy()
      return
    }
    response.writeHead(status, { 'content-type': 'text/xml' }).end(answer)
  }
  const fake = await listen((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  const gate: IamGate = Object.assign(fake, {
    actions: [],
    lose: [],
    refuse: {},
    settling: 0,
    known: new Set<string>(),
  })
  return gate
}

/** With all of its headers: the signature covers the host that was asked. */
function ask(
  behind: string,
  { headers }: IncomingMessage,
  body: Buffer,
): Promise<[number, Buffer]> {
  const { promise, resolve, reject } = Promise.withResolvers<[number, Buffer]>()
  const onward = forward(behind, { method: 'POST', headers }, (answer) => {
    buffer(answer).then((bytes) => resolve([answer.statusCode ?? 0, bytes]), reject)
  })
  onward.on('error', reject).end(body)
  return promise
}
