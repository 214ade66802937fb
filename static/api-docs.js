/* The page at /api/docs/: Swagger UI on the portal's own schema, with the session of who looks. */
(function () {
  "use strict";
  const place = document.getElementById("api");
  SwaggerUIBundle({
    domNode: place,
    url: place.dataset.schema,
    deepLinking: true,
    docExpansion: "list",
    requestInterceptor(request) {
      const own = new URL(request.url, location.href).origin === location.origin;
      if (own && !["GET", "HEAD", "OPTIONS"].includes(request.method)) request.headers["X-CSRFToken"] = place.dataset.csrf;
      return request;
    },
  });
})();
