/**
 * All of the catalogue's data, one file for each category. Half a megabyte: import it on use, through
 * lookup.ts. Pure.
 */
import aiTools from './data/ai-tools.json' with { type: 'json' }
import automation from './data/automation.json' with { type: 'json' }
import chat from './data/chat.json' with { type: 'json' }
import ci from './data/ci.json' with { type: 'json' }
import cloud from './data/cloud.json' with { type: 'json' }
import cms from './data/cms.json' with { type: 'json' }
import code from './data/code.json' with { type: 'json' }
import crm from './data/crm.json' with { type: 'json' }
import crypto from './data/crypto.json' with { type: 'json' }
import data from './data/data.json' with { type: 'json' }
import ecommerce from './data/ecommerce.json' with { type: 'json' }
import email from './data/email.json' with { type: 'json' }
import financeData from './data/finance-data.json' with { type: 'json' }
import generic from './data/generic.json' with { type: 'json' }
import identity from './data/identity.json' with { type: 'json' }
import image from './data/image.json' with { type: 'json' }
import iot from './data/iot.json' with { type: 'json' }
import llm from './data/llm.json' with { type: 'json' }
import maps from './data/maps.json' with { type: 'json' }
import media from './data/media.json' with { type: 'json' }
import ops from './data/ops.json' with { type: 'json' }
import payments from './data/payments.json' with { type: 'json' }
import productivity from './data/productivity.json' with { type: 'json' }
import registry from './data/registry.json' with { type: 'json' }
import search from './data/search.json' with { type: 'json' }
import secrets from './data/secrets.json' with { type: 'json' }
import security from './data/security.json' with { type: 'json' }
import social from './data/social.json' with { type: 'json' }
import speech from './data/speech.json' with { type: 'json' }
import storage from './data/storage.json' with { type: 'json' }
import translation from './data/translation.json' with { type: 'json' }
import travel from './data/travel.json' with { type: 'json' }
import weather from './data/weather.json' with { type: 'json' }
import type { Target } from './types.ts'

/** Category to its targets, in the order of their ids. */
const DATA: Readonly<Record<string, unknown>> = {
  'ai-tools': aiTools,
  automation,
  chat,
  ci,
  cloud,
  cms,
  code,
  crm,
  crypto,
  data,
  ecommerce,
  email,
  'finance-data': financeData,
  generic,
  identity,
  image,
  iot,
  llm,
  maps,
  media,
  ops,
  payments,
  productivity,
  registry,
  search,
  secrets,
  security,
  social,
  speech,
  storage,
  translation,
  travel,
  weather,
}

export const CATALOGUE: readonly Target[] = Object.values(DATA).flat().filter(isTarget)

/** Every file has been checked against the whole schema by its generator (scripts/generate/targets/). */
function isTarget(entry: unknown): entry is Target {
  return typeof entry === 'object' && entry !== null && 'id' in entry
}
