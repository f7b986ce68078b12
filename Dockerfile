# Two stages: build both programs statically, ship them on a base without shell or package manager.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/journeyhook/journeyhook/internal/app.Version=${VERSION}" \
    -o /out/ ./cmd/worker ./cmd/hookctl

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/worker /out/hookctl /usr/local/bin/
USER 65532:65532
EXPOSE 8081
ENTRYPOINT ["/usr/local/bin/worker"]
