/** What texts are trained on, without anything of Node: for pages. */
export { byteVocabulary, characterVocabulary, type CharacterVocabulary, type Vocabulary } from './vocabulary.js';
export { randomWindows, windows, type WindowBatch, type WindowOptions } from './windows.js';
