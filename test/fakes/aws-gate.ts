/**
 * Stands before a server that answers as AWS does, notes which operations were asked for, and refuses
 * some, as AWS refuses them: status 400 and the name of the error in `__type` (Smithy's AWS JSON 1.1
 * protocol, https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html; errors:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { listen, type Fake } from './listen.ts'

export interface Gate extends Fake {
  /** In order: `GetSecretValue`, … */
  operations: string[]
}

/** @param refusal the name of an error, or undefined for what goes on to `behind` */
export async function awsGate(
  behind: string,
  refusal: (
    operation: string,
    body: string,
  ) => string | undefined | Promise<string | undefined> = () => undefined,
): Promise<Gate> {
  const operations: string[] = []
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
    operations.push(operation)
    const type = await refusal(operation, body.toString())
    if (type !== undefined) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify({ __type: type, Message: 'fake-words-of-the-server' }))
      return
    }
    const { host: _, connection: __, ...headers } = request.headers
    const answer = await fetch(behind, {
      method: 'POST',
      headers: Object.entries(headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]),
      body,
    })
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(Buffer.from(await answer.arrayBuffer()))
  }
  const fake = await listen((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  return Object.assign(fake, { operations })
}
