"use strict";

/* Where the page asked for a token, every request carries it. */
const herdflowToken = sessionStorage.getItem("herdflow-token");

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (herdflowToken !== null) request.headers.Authorization = `Bearer ${herdflowToken}`;
    return request;
  },
});
