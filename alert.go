package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"decnet/config"
)

// tryAlertCommand posts an alert to whom it may concern.
func tryAlertCommand(cfg *config.Config) *cobra.Command {
	cmd := &cobra.Command{
		Use: "try-alert", Short: "Post an alert to --alert-webhook that says that it is a trial", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := cfg.Alert.NewWebhook(cfg.OIDC.PublicURL)
			if err != nil {
				return err
			}
			if err := h.Try(c.Context()); err != nil {
				return err
			}
			fmt.Println("the receiver has taken it: look where it shows")
			return nil
		},
	}
	helpOn(cmd, "alert-secret-file", "alert-webhook", "public-url")
	return cmd
}
