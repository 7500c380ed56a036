import { describe, it } from 'vitest'
import { backendSuite } from '../../testing/backend-suite.js'
import { memoryBackend } from './memory-backend.js'

backendSuite({ runner: { describe, it }, name: 'the memory backend', backend: memoryBackend })
