/** In the envelope of the contract. */
export { renderOrgError as renderError } from '#surfaces/http/org-errors.ts';
