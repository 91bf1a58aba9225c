# The folder .git is part of the context on purpose: the build stamps the version from it.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /out/bothends ./cmd/bothends && mkdir /out/state

FROM gcr.io/distroless/static:nonroot
COPY --from=build /out/bothends /usr/bin/bothends
# A new volume takes its owner from here, and the program does not run as root.
COPY --from=build --chown=65532:65532 /out/state /var/lib/bothends
USER 65532:65532
# The default state folder is relative, so it lands on the volume too.
WORKDIR /var/lib/bothends
VOLUME /var/lib/bothends
# The page has no login, so it listens on 127.0.0.1:8080 only, which a port mapping does not reach:
# run with "--network host" and open it on the host itself.
EXPOSE 8080
ENTRYPOINT ["/usr/bin/bothends"]
# Reads the inventory in /etc/bothends.
CMD ["run"]
