/* The page at /api/docs/: Swagger UI on the portal's own schema, with the session of who looks. */
(function () {
  "use strict";
  const place = document.getElementById("api");
  const root = document.documentElement;

  /* Swagger's own dark colours go by a class on the root. */
  function followTheme() {
    root.classList.toggle("dark-mode", root.dataset.theme === "dark");
  }

  followTheme();
  new MutationObserver(followTheme).observe(root, { attributes: true, attributeFilter: ["data-theme"] });

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
