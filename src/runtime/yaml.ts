/**
 * The parser of YAML, to be imported when it is first needed: most programs never need it, and it is slow to load. It is
 * imported through this file because a bundler gives a package that is imported dynamically no named exports.
 */
export { parse, stringify } from 'yaml';
