package schema

import "time"

// Name says which webhook is meant.
type Name struct {
	Project, ID string
}

func (n Name) String() string { return n.Project + "." + n.ID }

// Version is one edit of a definition.
type Version struct {
	Revision uint64
	At       time.Time
	Webhook  *Webhook // masked; nil when this edit deleted it
}

// TileUse is a place in a journey that uses a webhook (B61).
type TileUse struct {
	WorkflowID int64     `json:"workflowId"`
	TileID     string    `json:"tileId"`
	Type       TileType  `json:"type"`
	FirstSeen  time.Time `json:"firstSeen"`
}
