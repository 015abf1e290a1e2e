// Written by test/guards/write-openapi.ts from the OpenAPI document of this surface.


export interface Operations {
  "GET /health/live": {
    readonly answer: { readonly status: "ok"; };
  };
  "GET /health/ready": {
    readonly answer: { readonly status: "ready"; };
  };
  "GET /metrics": {
    readonly answer: undefined;
  };
}
