package docker

import "decnet/failpoint"

// Where a crash finds something new, or something missing, in the Docker Engine that the database knows nothing of.
var (
	networkCreated   = failpoint.New("docker.network.created")
	containerCreated = failpoint.New("docker.container.created")
	containerStarted = failpoint.New("docker.container.started")
	sidecarCreated   = failpoint.New("docker.sidecar.created")
	servicesSent     = failpoint.New("docker.services.sent")
	servicesSet      = failpoint.New("docker.services.set")
	containerRemoved = failpoint.New("docker.container.removed")
	volumeRemoved    = failpoint.New("docker.volume.removed")
	networkRemoved   = failpoint.New("docker.network.removed")
)
